import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { RaceAnswer } from '../../admin/api.ts'
import type { Answer } from '../api-client.ts'
import { describeRace } from '../race-outcome.ts'
import { usePage } from './page-context.ts'
import { RaceDetails } from './race-details.tsx'

/** Runs one race now, and shows it. */
export const RaceForm = (): JSX.Element => {
  const { api } = usePage()
  const field = useRef<HTMLInputElement>(null)
  const [target, setTarget] = useState('')
  const [isRunning, setIsRunning] = useState(false)
  const [answer, setAnswer] = useState<Answer<RaceAnswer> | null>(null)
  const run = async (): Promise<void> => {
    setIsRunning(true)
    setAnswer(await api.race(target.trim()))
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
        {answer?.isOk && describeRace(answer.value)}
      </p>
      {answer && !answer.isOk && (
        <p class="alert race-answer" role="alert">
          No race: {answer.message}
        </p>
      )}
      {answer?.isOk && (
        <section class="ran race-answer" aria-label="The race that was run">
          <div class="ran-head">
            <h3>{answer.value.target}</h3>
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
          <RaceDetails race={answer.value} />
        </section>
      )}
    </>
  )
}
