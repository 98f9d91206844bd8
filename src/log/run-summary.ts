import { untriedDemoted } from '../eyeballs/race/hidden-cause.ts'
import type { AttemptSummary } from '../eyeballs/race/summary.ts'
import type { ListenerEvent } from '../listener/events.ts'
import { printable } from './show-race.ts'

/** Counts the races of a run, for one screen of text. Its memory is bounded. */
export type RunSummary = {
  readonly emit: (event: ListenerEvent) => void
  /** The text, with a final line break. */
  readonly text: () => string
}

type Race = Extract<ListenerEvent, { readonly type: 'race' }>

/** Different lines that are counted; the races of further ones are counted together. */
const COUNTED_MAX = 1000
/** Lines of each list. */
const SHOWN_MAX = 5

const plural = (count: number, one: string, many: string): string =>
  `${count} ${count === 1 ? one : many}`

/** Without times, which differ in each race, so that equal failures are counted together. */
const attemptEnd = ({ address, outcome, code }: AttemptSummary): string =>
  `${address} ${outcome === 'cancelled' ? 'did not answer' : (code ?? outcome ?? '')}`

/** Why another address than the winner's should have won. */
const reasonOf = (race: Pick<Race, 'trace' | 'summary'>): string => {
  const { attempts, winner } = race.summary
  const others = attempts.filter(({ n }) => n !== winner?.n)
  const unanswered = others.filter(({ outcome }) => outcome !== 'lost')
  if (unanswered.length > 0) return unanswered.map(attemptEnd).join(', ')
  const [first, ...more] = untriedDemoted(race).map(({ address }) => address)
  if (first !== undefined) {
    return more.length === 0
      ? `${first} was not tried first, because it failed before`
      : `${first} and ${more.length} more were not tried first, because they failed before`
  }
  return others.map(({ address }) => `${address} was slower`).join(', ')
}

const failureOf = (race: Pick<Race, 'trace' | 'summary'>): string =>
  `${reasonOf(race)}; won by ${race.summary.winner?.address ?? ''}`

const createCounts = () => {
  const counts = new Map<string, number>()
  let others = 0
  return {
    add: (line: string): void => {
      const known = counts.get(line)
      if (known === undefined && counts.size >= COUNTED_MAX) others++
      else counts.set(line, (known ?? 0) + 1)
    },
    lines: (): readonly string[] => {
      const sorted = [...counts].toSorted(([, a], [, b]) => b - a)
      const shown = sorted.slice(0, SHOWN_MAX)
      const rest = sorted.slice(SHOWN_MAX).reduce((sum, [, count]) => sum + count, others)
      return [
        ...shown.map(([line, count]) => `  ${String(count).padStart(4)} x  ${printable(line)}`),
        ...(rest > 0 ? [`  ${String(rest).padStart(4)} more`] : []),
      ]
    },
  }
}

export const createRunSummary = (): RunSummary => {
  const races = { won: 0, failed: 0, aborted: 0 }
  let hidden = 0
  const hiddenFailures = createCounts()
  const failures = createCounts()
  let slowest: { readonly ms: number; readonly line: string }[] = []

  const onRace = (race: Race): void => {
    const { outcome, target, error, summary } = race
    races[outcome]++
    const name = target ?? ''
    if (summary.hidden) {
      hidden++
      hiddenFailures.add(`${name}: ${failureOf(race)}`)
    }
    if (outcome === 'failed') failures.add(`${name}: ${error?.message ?? ''}`)
    if (outcome !== 'won') return
    const ms = summary.durationMs
    if (slowest.length === SHOWN_MAX && ms <= (slowest.at(-1)?.ms ?? 0)) return
    const line = `${name} won by ${summary.winner?.address ?? ''}`
    slowest = [...slowest, { ms, line }].toSorted((a, b) => b.ms - a.ms).slice(0, SHOWN_MAX)
  }

  const list = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : [`${title}:`, ...lines]

  return {
    emit: event => {
      if (event.type === 'race') onRace(event)
    },
    text: () => {
      const { won, failed, aborted } = races
      const counts = [
        plural(won + failed + aborted, 'race', 'races'),
        `${won} won`,
        `${failed} failed`,
        ...(aborted > 0 ? [`${aborted} aborted`] : []),
        plural(hidden, 'hidden failure', 'hidden failures'),
      ]
      const slow = slowest.map(
        ({ ms, line }) => `  ${String(Math.round(ms)).padStart(6)} ms  ${printable(line)}`,
      )
      return [
        `eyeballd: ${counts.join(', ')}`,
        ...list('hidden failures', hiddenFailures.lines()),
        ...list('failed', failures.lines()),
        ...list('slowest', slow),
        '',
      ].join('\n')
    },
  }
}
