import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

type TokenFormProps = {
  readonly hasToken: boolean
  readonly onToken: (token: string) => void
}

/** Asks for `admin.token`. */
export const TokenForm = ({ hasToken, onToken }: TokenFormProps): JSX.Element => {
  const [text, setText] = useState('')
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    field.current?.focus()
    // The form goes away with the token, and must not take the keyboard's place along.
    return () => document.querySelector('main')?.focus()
  }, [])
  return (
    <section class="card token" aria-labelledby="token-title">
      <h2 id="token-title">Token</h2>
      <p id="token-about">
        {hasToken
          ? 'The daemon did not accept this token.'
          : 'The daemon answers only requests that have its token.'}{' '}
        It is <code>admin.token</code> of its configuration. This tab keeps it until you close it.
      </p>
      <form
        class="line-form"
        onSubmit={event => {
          event.preventDefault()
          if (text.trim() === '') return
          onToken(text.trim())
          setText('')
        }}
      >
        <label for="token">Token</label>
        <input
          ref={field}
          id="token"
          aria-describedby="token-about"
          type="password"
          autocomplete="off"
          required
          value={text}
          onInput={({ currentTarget: { value } }) => setText(value)}
        />
        <button type="submit" class="primary">
          Use token
        </button>
      </form>
    </section>
  )
}
