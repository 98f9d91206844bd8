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

const SOURCES: Readonly<Record<string, string>> = {
  dns: 'by DNS',
  cache: 'from the cache',
  stale: 'from the cache, expired',
  hosts: 'from the hosts file',
  literal: 'an address itself',
  system: 'by the system',
  nat64: 'by NAT64',
}

const lookupResult = ({ records, code, source }: Lookup): string => {
  const answer =
    code ?? (records === undefined ? 'no answer in time' : formatNoun(records, 'record'))
  const from = source === undefined ? '' : ` ${SOURCES[source] ?? source}`
  return `${answer}${code === undefined ? from : ''}`
}

const ENDS: Readonly<Record<BarEnd, string>> = {
  answered: 'answered',
  open: 'still under way',
  connected: 'connected',
  failed: 'failed',
  cancelled: 'cancelled',
  denied: 'denied by an access rule',
  lost: 'connected second, reset',
}

/** A race as bars over one scale of time: its lookups, then its attempts. */
export const waterfallOf = (race: RaceEntry): Waterfall => {
  const moments = [...race.dns, ...race.attempts].flatMap(({ startMs, endMs }) => [
    startMs,
    endMs ?? 0,
  ])
  const totalMs = Math.max(race.durationMs, ...moments)
  const place = (startMs: number, endMs: number | null): { left: number; width: number } => {
    const left = percentOf(startMs, totalMs)
    return { left, width: percentOf(endMs ?? totalMs, totalMs) - left }
  }

  const lookupBar = (lookup: Lookup): Bar => {
    const { type, host, startMs, endMs, code } = lookup
    return {
      kind: 'lookup',
      family: type === 'AAAA' ? 6 : 4,
      label: host === undefined ? type : `${type} ${host}`,
      end: endMs === null ? 'open' : code === undefined ? 'answered' : 'failed',
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
      ENDS[end],
      ...(code === undefined ? [] : [code]),
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
    ticks: ticksOf(totalMs, STEPS_MAX).map(ms => ({
      label: ms === 0 ? '0' : formatMs(ms),
      left: percentOf(ms, totalMs),
    })),
    bars: [...race.dns.map(lookupBar), ...race.attempts.map(attemptBar)],
  }
}
