import type { JSX } from 'preact'
import type { RaceEntry } from '../../admin/api.ts'
import { formatClock, formatDay, formatMs, formatNoun, isSameDay } from '../format.ts'
import { familyName, OUTCOME_LABELS, outcomeOf } from '../race-outcome.ts'
import type { KeptRace } from '../state.ts'
import { HostName } from './host-name.tsx'
import { Icon } from './icons.tsx'
import { RaceDetails } from './race-details.tsx'
import { SmallWaterfall } from './waterfall.tsx'

/** The columns of the list. */
export const COLUMNS = 7

/** Who won a race; a dash if that is masked. */
const Winner = ({ winner, outcome }: Pick<RaceEntry, 'winner' | 'outcome'>): JSX.Element =>
  winner ? (
    <>
      <span class={`family v${winner.family}`}>{familyName(winner.family)}</span>{' '}
      <span class="address">{winner.address}</span>
    </>
  ) : (
    <span class="none">{outcome === 'won' ? '–' : 'none'}</span>
  )

/** Whether a click is meant for the race: it does not only end the selection of a text. */
const isForRace = ({ target }: MouseEvent): boolean =>
  (target as Element).closest('button') !== null || getSelection()?.isCollapsed !== false

type RaceRowProps = {
  readonly kept: KeptRace
  readonly isOpen: boolean
  readonly onToggle: (key: number) => void
}

/** A race of the list, and all about it where it is open. */
export const RaceRow = ({ kept, isOpen, onToggle }: RaceRowProps): JSX.Element => {
  const { key, race, record } = kept
  const outcome = outcomeOf(race)
  const id = `race-${key}`
  return (
    <>
      <tr
        class={`race race-${outcome}${isOpen ? ' race-open' : ''}`}
        onClick={event => {
          if (isForRace(event)) onToggle(key)
        }}
      >
        <td class="number time">
          <time dateTime={new Date(race.time).toISOString()}>
            {!isSameDay(race.time, Date.now()) && <span class="day">{formatDay(race.time)} </span>}
            {formatClock(race.time)}
          </time>
        </td>
        <td class="target">
          <button
            type="button"
            class="opener"
            aria-expanded={isOpen}
            aria-controls={isOpen ? id : undefined}
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
          <Winner winner={race.winner} outcome={race.outcome} />
        </td>
        <td class="picture wide">
          <SmallWaterfall race={race} />
          <span class="hidden-text">
            {formatNoun(race.dns.length, 'lookup')}, {formatNoun(race.attempts.length, 'attempt')}
          </span>
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
            <RaceDetails race={race} record={record} />
          </td>
        </tr>
      )}
    </>
  )
}
