import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { drawableRace } from '../drawable.ts'
import { describeRace } from '../race-outcome.ts'
import type { KeptRace } from '../state.ts'
import { usePage } from './page-context.ts'
import { RaceDetails } from './race-details.tsx'

type FormAnswer =
  | ({ readonly isOk: true } & Pick<KeptRace, 'race' | 'record'>)
  | { readonly isOk: false; readonly message: string }

/** Runs one race now, and shows it. */
export const RaceForm = (): JSX.Element => {
  const { api } = usePage()
  const field = useRef<HTMLInputElement>(null)
  const [target, setTarget] = useState('')
  const [isRunning, setIsRunning] = useState(false)
  const [answer, setAnswer] = useState<FormAnswer | null>(null)
  const run = async (): Promise<void> => {
    setIsRunning(true)
    const given = await api.race(target.trim())
    setAnswer(
      given.isOk
        ? { isOk: true, race: drawableRace(given.value), record: given.value }
        : { isOk: false, message: given.message },
    )
    setIsRunning(false)
  }
  return (
    <>
      <form
        class="line-form"
        onSubmit={event => {
          event.preventDefault()
          if (!isRunning) void run()
        }}
      >
        <label for="target">Run a race to</label>
        <input
          ref={field}
          id="target"
          required
          spellcheck={false}
          autocapitalize="none"
          autocomplete="off"
          placeholder="www.example.com:443"
          value={target}
          onInput={({ currentTarget: { value } }) => setTarget(value)}
        />
        <button type="submit" class="primary" aria-disabled={isRunning}>
          {isRunning ? 'Running' : 'Run'}
        </button>
      </form>
      {/* One sentence for a screen reader; the details below would be too many. */}
      <p class="hidden-text" role="status">
        {answer?.isOk && describeRace(answer.race)}
      </p>
      {answer && !answer.isOk && (
        <p class="alert race-answer" role="alert">
          No race: {answer.message}
        </p>
      )}
      {answer?.isOk && (
        <section class="ran race-answer" aria-label="The race that was run">
          <div class="ran-head">
            <h3>{answer.race.target}</h3>
            <button
              type="button"
              onClick={() => {
                setAnswer(null)
                field.current?.focus()
              }}
            >
              Close
            </button>
          </div>
          <RaceDetails race={answer.race} record={answer.record} />
        </section>
      )}
    </>
  )
}
