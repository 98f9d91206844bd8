import type { RaceEntry } from '../admin/api.ts'
import { formatMs, formatNoun } from './format.ts'
import { percentOf, ticksOf } from './scale.ts'

type Lookup = RaceEntry['dns'][number]
type Attempt = RaceEntry['attempts'][number]

/** How a lookup or an attempt ended. `open`: the race ended before it. */
export type BarEnd = 'answered' | 'open' | (Attempt['outcome'] & string)

/** A lookup or an attempt as a bar of the waterfall. */
export type Bar = {
  readonly kind: 'lookup' | 'attempt'
  readonly family: 4 | 6
  /** What was asked or attempted: `AAAA`, `2001:db8::1`. */
  readonly label: string
  readonly end: BarEnd
  /** How it ended, for people: `2 records from the cache`, `failed, ECONNREFUSED`. */
  readonly result: string
  readonly isDemoted: boolean
  readonly startMs: number
  /** null if the race ended first. */
  readonly tookMs: number | null
  /** Place and width in percent of the scale. */
  readonly left: number
  readonly width: number
}

export type Waterfall = {
  /** The length of the scale. */
  readonly totalMs: number
  readonly ticks: readonly { readonly label: string; readonly left: number }[]
  readonly bars: readonly Bar[]
}

const STEPS_MAX = 5

/** The records have tenths of a millisecond. */
const STEP_MIN_MS = 0.1

const SOURCES: Readonly<Record<string, string>> = {
  dns: 'by DNS',
  cache: 'from the cache',
  stale: 'from the cache, expired',
  hosts: 'from the hosts file',
  literal: 'from the target, which is an address',
  system: 'by the system',
  nat64: 'by NAT64',
}

/** The code of a lookup that was answered: the name has no record of this type. */
const NO_RECORD = 'ENODATA'

const lookupResult = ({ records, code, source }: Lookup): string => {
  if (code === NO_RECORD) return `no record (${code})`
  if (code !== undefined) return code
  if (records === undefined) return 'no answer in time'
  const from = source === undefined ? '' : ` ${SOURCES[source] ?? source}`
  return `${formatNoun(records, 'record')}${from}`
}

const isAnswered = ({ code }: Lookup): boolean => code === undefined || code === NO_RECORD

const ENDS = {
  answered: 'answered',
  open: 'still under way',
  connected: 'connected',
  failed: 'failed',
  cancelled: 'cancelled',
  denied: 'denied by an access rule',
  lost: 'connected second, reset',
} as const satisfies Record<BarEnd, string>

/** @param end another word if it is masked */
const endText = (end: string): string => (ENDS as Readonly<Record<string, string>>)[end] ?? end

/** What is denied without a rule. */
const OWN_LISTENER = 'ERR_LOOP'

/** A race as bars over one scale of time: its lookups, then its attempts. */
export const waterfallOf = (race: RaceEntry): Waterfall => {
  const moments = [...race.dns, ...race.attempts].flatMap(({ startMs, endMs }) => [
    startMs,
    endMs ?? 0,
  ])
  // Those that are masked are NaN.
  const totalMs = Math.max(0, ...[race.durationMs, ...moments].filter(Number.isFinite))
  const place = (startMs: number, endMs: number | null): { left: number; width: number } => {
    const left = percentOf(startMs, totalMs)
    return { left, width: percentOf(endMs ?? totalMs, totalMs) - left }
  }

  const lookupBar = (lookup: Lookup): Bar => {
    const { type, host, startMs, endMs } = lookup
    return {
      kind: 'lookup',
      family: type === 'AAAA' ? 6 : 4,
      label: host === undefined ? type : `${type} ${host}`,
      end: endMs === null ? 'open' : isAnswered(lookup) ? 'answered' : 'failed',
      result: lookupResult(lookup),
      isDemoted: false,
      startMs,
      tookMs: endMs === null ? null : endMs - startMs,
      ...place(startMs, endMs),
    }
  }

  const attemptBar = (attempt: Attempt): Bar => {
    const { n, address, family, port, startMs, endMs, outcome, code, demoted } = attempt
    const end = outcome ?? 'open'
    const isConfirmed = race.confirmedMs !== undefined && race.winner?.attempt === n
    const parts = [
      code === OWN_LISTENER ? "denied: one of the daemon's own listeners" : endText(end),
      ...(code === undefined || code === OWN_LISTENER ? [] : [code]),
      ...(isConfirmed ? [`first byte at ${formatMs(race.confirmedMs)}`] : []),
    ]
    return {
      kind: 'attempt',
      family,
      label: port === undefined ? address : `${address} port ${port}`,
      end,
      result: parts.join(', '),
      isDemoted: demoted === true,
      startMs,
      tookMs: endMs === null ? null : endMs - startMs,
      ...place(startMs, endMs),
    }
  }

  return {
    totalMs,
    ticks: ticksOf(totalMs, STEPS_MAX, STEP_MIN_MS).map(ms => ({
      label: ms === 0 ? '0' : formatMs(ms),
      left: percentOf(ms, totalMs),
    })),
    bars: [...race.dns.map(lookupBar), ...race.attempts.map(attemptBar)],
  }
}
