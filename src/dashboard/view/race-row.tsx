import type { JSX } from 'preact'
import type { RaceEntry } from '../../admin/api.ts'
import { formatClock, formatMs } from '../format.ts'
import { OUTCOME_LABELS, outcomeOf } from '../race-outcome.ts'
import type { KeptRace } from '../state.ts'
import { HostName } from './host-name.tsx'
import { Icon } from './icons.tsx'
import { RaceDetails } from './race-details.tsx'
import { SmallWaterfall } from './waterfall.tsx'

/** The columns of the list. */
export const COLUMNS = 7

/** Who won a race. */
export const Winner = ({ winner }: Pick<RaceEntry, 'winner'>): JSX.Element =>
  winner ? (
    <>
      <span class={`family v${winner.family}`}>IPv{winner.family}</span>{' '}
      <span class="address">{winner.address}</span>
    </>
  ) : (
    <span class="none">none</span>
  )

type RaceRowProps = {
  readonly kept: KeptRace
  readonly isOpen: boolean
  readonly onToggle: (key: number) => void
}

/** A race of the list, and all about it where it is open. */
export const RaceRow = ({ kept: { key, race }, isOpen, onToggle }: RaceRowProps): JSX.Element => {
  const outcome = outcomeOf(race)
  const id = `race-${key}`
  return (
    <>
      <tr class={`race race-${outcome}${isOpen ? ' race-open' : ''}`}>
        <td class="number time">
          <time dateTime={new Date(race.time).toISOString()}>{formatClock(race.time)}</time>
        </td>
        <td class="target">
          <button
            type="button"
            class="opener"
            aria-expanded={isOpen}
            aria-controls={isOpen ? id : undefined}
            onClick={() => onToggle(key)}
          >
            <Icon name="open" />
            <HostName text={race.target ?? 'unknown target'} />
          </button>
        </td>
        <td class="client wide">
          {race.user !== null && <span class="user">{race.user}</span>}
          <span class="address">{race.client}</span>
        </td>
        <td class="winner wide">
          <Winner winner={race.winner} />
        </td>
        <td class="picture wide">
          <SmallWaterfall race={race} />
        </td>
        <td class="number">{formatMs(race.durationMs)}</td>
        <td>
          <span class={`outcome outcome-${outcome}`}>
            <Icon name={outcome} />
            <span class="label">{OUTCOME_LABELS[outcome]}</span>
          </span>
        </td>
      </tr>
      {isOpen && (
        <tr class="race-details">
          <td colSpan={COLUMNS} id={id}>
            <RaceDetails race={race} />
          </td>
        </tr>
      )}
    </>
  )
}
