import type { Balance } from './accounts.ts'
import type { Latency } from './probe.ts'
import type { Sample } from './trend.ts'
import { outerThirds, percentile, riseOf } from './trend.ts'

/** One line of the result. */
export type Check = {
  readonly what: string
  readonly isRight: boolean
  /** What was found, in a few words. */
  readonly found: string
  /** What shows a violation, a line or a few each. */
  readonly evidence: readonly string[]
}

/** Memory may rise by so much over the whole run, by the regression. */
export const RISE_MAX_MIB = 16

/** With fewer samples of memory, half a second apart, there is no check. */
const SAMPLES_LEAST = 60

/** A percentile of the last third may be so many times that of the first, and so many milliseconds more. */
const SLOWER_MAX = { times: 2, ms: 5 } as const

const EVIDENCE_MAX = 10

/** A check that nothing of a kind was found. */
export const none = (what: string, found: readonly string[], of = ''): Check => ({
  what,
  isRight: found.length === 0,
  found: `${found.length}${of === '' ? '' : ` of ${of}`}`,
  evidence: found.slice(0, EVIDENCE_MAX),
})

/** What is left of the log behind its last newline is wrong, unless its writer was killed. */
export const judgeLog = (
  name: string,
  log: { readonly invalid: readonly string[]; readonly rest: string; readonly lines: number },
  isKilled: boolean,
): Check =>
  none(
    `${name}: every line of the log is valid JSON`,
    [...log.invalid, ...(isKilled || log.rest === '' ? [] : [log.rest])],
    `${log.lines} lines`,
  )

export const judgeBalance = (
  name: string,
  { accepted, ended, lost, open, violations }: Balance,
  isKilled: boolean,
): Check => ({
  what: `${name}: every connection has one end`,
  isRight: violations.length === 0,
  found:
    `${accepted} accepted, ${ended} ended` +
    (lost > 0 ? `, ${lost} with a process that was killed` : '') +
    (isKilled ? `, ${open} open when it was killed` : ''),
  evidence: violations.slice(0, EVIDENCE_MAX),
})

/** At a kill: clients at a time are fewer (scripts/soak/load.ts), and the pipes of worker processes hold few lines. */
const UNLOGGED_AT_KILL_MAX = 300

/**
 * Compares what clients have established with what the log has as accepted. A killed daemon had some in the queue
 * of its listeners, or had not written their lines.
 *
 * @param resets connections that were reset before they were seen as established
 */
export const judgeAccepted = (
  name: string,
  established: number,
  { accepted }: Pick<Balance, 'accepted'>,
  {
    dropped,
    isKilled,
    resets,
  }: { readonly dropped: number; readonly isKilled: boolean; readonly resets: number },
): Check => {
  const missing = established - accepted
  return {
    what: `${name}: the log has every connection of the clients`,
    isRight: missing >= -resets && missing <= dropped + (isKilled ? UNLOGGED_AT_KILL_MAX : 0),
    found: `${established} established, ${accepted} accepted`,
    evidence: [],
  }
}

/** @param memory MiB, since the warm-up */
export const judgeMemory = (memory: readonly Sample[]): Check => {
  const rise = riseOf(memory)
  const values = memory.map(({ value }) => value)
  const isEnough = memory.length >= SAMPLES_LEAST
  const [least, most] = [Math.min(...values), Math.max(...values)]
  return {
    what: `memory is flat: it rises by ${RISE_MAX_MIB} MiB at most`,
    isRight: !isEnough || rise <= RISE_MAX_MIB,
    found: !isEnough
      ? `the soak is too short to say: ${memory.length} samples`
      : `rises by ${rise.toFixed(1)} MiB in ${memory.length} samples of ${least.toFixed(0)} to ${most.toFixed(0)} MiB`,
    evidence: [],
  }
}

const show = (list: readonly number[]): string =>
  [0.5, 0.95].map(part => percentile(list, part).toFixed(1)).join(' / ')

/** A machine that has become slower explains a daemon that has: it is measured at the same moments. */
export const judgeLatency = (latencies: readonly Latency[]): Check => {
  const [first, last] = outerThirds(latencies)
  const through = [first, last].map(third => third.map(({ ms }) => ms))
  const direct = [first, last].map(third => third.map(({ directMs }) => directMs))
  const isSlower = [0.5, 0.95].some(part => {
    const [before, after] = through.map(list => percentile(list, part))
    const [alone, aloneAfter] = direct.map(list => percentile(list, part))
    const slowdown = Math.max(1, (aloneAfter ?? 1) / (alone ?? 1))
    return (after ?? 0) > (before ?? 0) * SLOWER_MAX.times * slowdown + SLOWER_MAX.ms
  })
  const isEnough = first.length >= 5 && last.length >= 5
  return {
    what: 'latency is flat, first against last third',
    isRight: isEnough && !isSlower,
    found: isEnough
      ? `${show(through[0] ?? [])} ms, then ${show(through[1] ?? [])} ms (p50 / p95); without eyeballd ${show(direct[0] ?? [])}, then ${show(direct[1] ?? [])}`
      : `only ${latencies.length} measurements`,
    evidence: [],
  }
}

/** @param quiet descriptors at the moments without a client, beside those before the load */
export const judgeDescriptors = (
  quiet: readonly { readonly at: number; readonly before: number; readonly after: number }[],
): Check => {
  const wrong = quiet.filter(({ before, after }) => after > before)
  return {
    what: 'descriptors are given back when the load pauses',
    isRight: quiet.length > 0 && wrong.length === 0,
    found: `${quiet.map(({ after }) => after).join(', ')}; at the start ${quiet[0]?.before}`,
    evidence: wrong.map(
      ({ at, before, after }) =>
        `at ${at.toFixed(0)} s ${after} are open, ${before} before the load`,
    ),
  }
}
