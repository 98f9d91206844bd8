import type { AttemptRecord, LookupRecord } from '../eyeballs/race/report.ts'
import type { Colour, Paint } from './show-race.ts'
import { createPaint, printable } from './show-race.ts'
import type { LogLevel } from './types.ts'

type Level = Exclude<LogLevel, 'silent'>

/** pino's numbers for its levels. */
const LEVELS: Readonly<Record<number, Level>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}

const LEVEL_COLOURS: Readonly<Record<Level, Colour>> = {
  trace: 'dim',
  debug: 'dim',
  info: 'green',
  warn: 'yellow',
  error: 'red',
  fatal: 'red',
}

/** The fields that the pretty format reads. */
type Entry = {
  readonly level: number
  readonly time: number
  readonly event: string
  readonly msg: string
  readonly conn?: string
  readonly hidden?: boolean
  readonly dns?: readonly LookupRecord[]
  readonly attempts?: readonly AttemptRecord[]
}

const OUTCOME_COLOURS: Readonly<Record<string, Colour>> = {
  connected: 'green',
  failed: 'red',
  denied: 'red',
}

const twoDigits = (value: number): string => String(value).padStart(2, '0')

const clockTime = (time: number): string => {
  const date = new Date(time)
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits)
  return `${parts.join(':')}.${String(date.getMilliseconds()).padStart(3, '0')}`
}

const lookupText = ({ type, host, records, code, endMs, source }: LookupRecord): string =>
  [
    type,
    host,
    code ?? records ?? '-',
    endMs === null ? '' : `in ${Math.round(endMs)} ms`,
    source === 'dns' ? '' : source,
  ]
    .filter(part => part !== undefined && part !== '')
    .join(' ')

const attemptText = (attempt: AttemptRecord, paint: Paint): string => {
  const { address, port, outcome, code, startMs, endMs } = attempt
  const name = port === undefined ? address : `${address} port ${port}`
  const times = `${Math.round(startMs)}-${endMs === null ? '' : Math.round(endMs)} ms`
  const end = outcome === 'failed' || outcome === 'denied' ? (code ?? outcome) : outcome
  const word = printable(end ?? 'under way')
  return `${printable(name)} ${paint(OUTCOME_COLOURS[outcome ?? ''] ?? 'dim', word)} ${times}`
}

const raceText = ({ dns, attempts, hidden }: Entry, paint: Paint): string => {
  // Redaction has replaced a redacted list with a text.
  const lookups = Array.isArray(dns)
    ? dns.map((lookup: LookupRecord) => printable(lookupText(lookup)))
    : []
  const tries = Array.isArray(attempts)
    ? attempts.map((attempt: AttemptRecord) => attemptText(attempt, paint))
    : []
  return [
    hidden === true ? ` ${paint('yellow', '[hidden failure]')}` : '',
    lookups.length > 0 ? ` | ${lookups.join(', ')}` : '',
    tries.length > 0 ? ` | ${tries.join(', ')}` : '',
  ].join('')
}

/**
 * Converts JSON lines to lines for people: time, level, connection, event and `msg`, and for a race its
 * lookups and attempts. A line that cannot be parsed is passed on unchanged.
 *
 * @param color whether to use colours
 */
export const createPretty = (color: boolean): ((line: string) => string) => {
  const paint = createPaint(color)
  return line => {
    let entry: Entry
    try {
      entry = JSON.parse(line) as Entry
    } catch {
      return line
    }
    const level = LEVELS[entry.level] ?? 'info'
    const head = [
      paint('dim', clockTime(entry.time)),
      paint(LEVEL_COLOURS[level], level.toUpperCase().padEnd(5)),
      printable(entry.conn ?? '').padEnd(6),
      paint('bold', printable(entry.event).padEnd(9)),
      printable(entry.msg),
    ].join(' ')
    return `${head}${entry.event === 'race' ? raceText(entry, paint) : ''}\n`
  }
}
