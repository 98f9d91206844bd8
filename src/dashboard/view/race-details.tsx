import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { RaceEntry } from '../../admin/api.ts'
import { describeRace, outcomeOf } from '../race-outcome.ts'
import type { KeptRace } from '../state.ts'
import { Icon } from './icons.tsx'
import { Waterfall } from './waterfall.tsx'

const factsOf = (race: RaceEntry): readonly (readonly [string, string])[] =>
  (
    [
      ['Ended', new Date(race.time).toISOString()],
      ['Connection', race.conn],
      ['Listener', race.protocol === null ? race.listener : `${race.listener}, ${race.protocol}`],
      ['Client', race.client],
      ['User', race.user],
      ['Local address', race.winner?.local],
      ['Not tried', race.untried],
      ['SOCKS reply', race.reply],
    ] as const
  ).flatMap(([name, value]) =>
    value === null || value === undefined ? [] : [[name, String(value)] as const],
  )

/** Copies what is selected, where a page has no clipboard. @returns whether the browser did it */
const copySelection = (): boolean => document.execCommand('copy')

/** The record as JSON, and a button that copies it. */
const RaceRecord = ({ record }: { readonly record: RaceEntry }): JSX.Element => {
  const text = JSON.stringify(record, null, 2)
  const place = useRef<HTMLTextAreaElement>(null)
  const [said, setSaid] = useState('')
  const copy = async (): Promise<void> => {
    try {
      // Absent on a page that came by plain HTTP from another host.
      await navigator.clipboard.writeText(text)
      setSaid('Copied')
    } catch {
      place.current?.select()
      setSaid(copySelection() ? 'Copied' : 'Selected: press Ctrl+C to copy')
    }
  }
  return (
    <details class="record">
      <summary>Record as JSON</summary>
      <div class="record-tools">
        <button type="button" onClick={() => void copy()}>
          Copy
        </button>
        <span role="status">{said}</span>
      </div>
      <textarea
        ref={place}
        readOnly
        spellcheck={false}
        aria-label={`Record of the race to ${record.target ?? 'an unknown target'}`}
        rows={Math.min(24, text.split('\n').length)}
        value={text}
      />
    </details>
  )
}

type RaceDetailsProps = Pick<KeptRace, 'race' | 'record'>

/** All that is known about a race. */
export const RaceDetails = ({ race, record }: RaceDetailsProps): JSX.Element => {
  const outcome = outcomeOf(race)
  return (
    <div class="details">
      <p class={`verdict verdict-${outcome}`}>
        <Icon name={outcome} />
        <span>{describeRace(race)}</span>
      </p>
      <Waterfall race={race} />
      <dl class="facts">
        {factsOf(race).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <RaceRecord record={record} />
    </div>
  )
}
