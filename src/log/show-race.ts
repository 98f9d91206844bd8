import { formatHostPort } from '../core/host-port.ts'
import { raceFailure } from '../eyeballs/race/failure.ts'
import { lookupsMade, raceReport, raceTarget } from '../eyeballs/race/report.ts'
import type { AttemptSummary, LookupSummary, RaceSummary } from '../eyeballs/race/summary.ts'
import { summarise } from '../eyeballs/race/summary.ts'
import type { RaceTrace } from '../eyeballs/race/types.ts'

/**
 * Makes a text safe for a terminal: control characters, which a client can put into names, appear as `\x1b`
 * and have no effect. This includes line breaks, so one text stays on one line.
 */
export const printable = (text: string): string =>
  text.replace(
    // The pattern has to match control characters.
    // oxlint-disable-next-line no-control-regex
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    char => {
      const code = char.charCodeAt(0)
      return code < 256
        ? `\\x${code.toString(16).padStart(2, '0')}`
        : `\\u${code.toString(16).padStart(4, '0')}`
    },
  )

/** SGR codes (ECMA-48 section 8.3.117) of the colours in use. */
const CODES = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 } as const

export type Colour = keyof typeof CODES

/** Colours a text, or returns it unchanged if colours are off. */
export type Paint = (colour: Colour, text: string) => string

export const createPaint = (color: boolean): Paint =>
  color ? (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m` : (_, text) => text

type TimelineOptions = {
  /** The race's target, shown above the rows. */
  readonly target: string
  /** Terminal columns; the bars get what the texts leave, at least 10. */
  readonly width: number
  readonly color: boolean
}

const CHART_MIN_COLUMNS = 10

type Row = {
  readonly label: string
  readonly startMs: number
  readonly endMs: number
  /** The character of the bar, and its last character. */
  readonly body: string
  readonly tip: string
  readonly note: string
  readonly colour: Colour
}

const several = (values: readonly unknown[]): boolean => new Set(values).size > 1

const records = (count: number): string => (count === 1 ? '1 record' : `${count} records`)

const lookupRow = (lookup: LookupSummary, named: boolean, overMs: number): Row => {
  const { type, host, startMs, endMs, code, source } = lookup
  const answer = code ?? (lookup.records === undefined ? 'no answer' : records(lookup.records))
  return {
    label: printable(
      [type.padEnd(4), ...(named ? [host] : []), answer, source ?? ''].join('  ').trimEnd(),
    ),
    startMs,
    endMs: endMs ?? overMs,
    body: '=',
    tip: endMs === null ? '?' : '|',
    note: endMs === null ? '' : `${Math.round(endMs - startMs)} ms`,
    colour: code === undefined ? 'cyan' : 'red',
  }
}

const attemptNote = ({ outcome, code, demoted }: AttemptSummary, confirmedMs?: number): string => {
  const coded = outcome === 'failed' || outcome === 'denied' ? `${outcome} ${code ?? ''}` : outcome
  const confirmed = confirmedMs === undefined ? '' : `, confirmed at ${Math.round(confirmedMs)} ms`
  return `${(coded ?? 'under way').trimEnd()}${confirmed}${demoted ? ', demoted' : ''}`
}

/** @param confirmedMs for the winner: when its target's answer arrived, if the race waited for one */
const attemptRow = (
  attempt: AttemptSummary,
  ported: boolean,
  overMs: number,
  confirmedMs?: number,
): Row => {
  const { n, address, port, startMs, endMs, outcome } = attempt
  const won = outcome === 'connected'
  return {
    label: printable(`${String(n).padEnd(4)}  ${address}${ported ? ` port ${port}` : ''}`),
    startMs,
    endMs: endMs ?? overMs,
    body: won ? '=' : '-',
    tip: won ? '*' : outcome === null ? '?' : 'x',
    note: printable(attemptNote(attempt, confirmedMs)),
    colour: won ? 'green' : outcome === 'failed' || outcome === 'denied' ? 'red' : 'dim',
  }
}

const drawRow = (
  row: Row,
  indent: number,
  column: (ms: number) => number,
  paint: Paint,
): string => {
  const from = column(row.startMs)
  const length = Math.max(column(row.endMs) - from, 1)
  const bar = `|${row.body.repeat(length - 1)}${row.tip}`
  const text = `${bar}${row.note === '' ? '' : ` ${row.note}`}`
  return `${row.label.padEnd(indent)}${' '.repeat(from)}${paint(row.colour, text)}`
}

/** The time scale above the bars: start, end, and round values between them where they fit. */
const drawScale = (totalMs: number, chart: number, column: (ms: number) => number): string => {
  const last = `${Math.round(totalMs)} ms`
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 60_000]
  const step = steps.find(ms => (totalMs / ms) * 8 <= chart) ?? totalMs
  let scale = '0'
  for (let ms = step; ms < totalMs; ms += step) {
    const at = column(ms)
    // Leave space for the last number, which stands at the end of the last bar.
    if (at + String(ms).length + 2 > column(totalMs)) break
    scale = `${scale.padEnd(at)}${ms}`
  }
  return `${scale.padEnd(Math.max(column(totalMs), scale.length + 1))}${last}`
}

/** Draws one race for a terminal, with a bar over time for each lookup and each attempt, and no final line break. */
export const timeline = (summary: RaceSummary, options: TimelineOptions): string => {
  const { width, color } = options
  const paint = createPaint(color)
  const dns = lookupsMade(summary)
  const named = several(dns.map(({ host }) => host))
  const ported = several(summary.attempts.map(({ port }) => port))
  const rows = [
    ...dns.map(lookup => lookupRow(lookup, named, summary.durationMs)),
    ...summary.attempts.map(attempt =>
      attemptRow(
        attempt,
        ported,
        summary.durationMs,
        attempt.n === summary.winner?.n ? summary.confirmedMs : undefined,
      ),
    ),
  ]
  const target = printable(options.target)
  const indent = Math.max(target.length, ...rows.map(({ label }) => label.length)) + 2
  const notes = Math.max(0, ...rows.map(({ note }) => note.length)) + 2
  const chart = Math.max(width - indent - notes, CHART_MIN_COLUMNS)
  const totalMs = Math.max(summary.durationMs, ...rows.map(({ endMs }) => endMs), 1)
  const column = (ms: number): number => Math.round((ms / totalMs) * (chart - 1))
  return [
    `${paint('bold', target)}${' '.repeat(indent - target.length)}${paint('dim', drawScale(totalMs, chart, column))}`,
    ...rows.map(row => drawRow(row, indent, column, paint)),
  ].join('\n')
}

/** The width of the timeline without a terminal. */
const DEFAULT_WIDTH_CHARACTERS = 80

/** The output on which a race is shown. */
export type Screen = {
  readonly isTTY: boolean
  /** The terminal's width; undefined if the output is not a terminal. */
  readonly columns: number | undefined
}

/** One race as one line of JSON, in the format of the log's `race` line. */
export const raceJson = (trace: RaceTrace): string => JSON.stringify(raceReport(trace))

/** One race for people: its timeline, and one line with its result. Colours only on a terminal. */
export const raceText = (trace: RaceTrace, { isTTY, columns }: Screen): string => {
  const summary = summarise(trace)
  const chart = timeline(summary, {
    target: raceTarget(trace),
    width: columns ?? DEFAULT_WIDTH_CHARACTERS,
    color: isTTY,
  })
  const after = `after ${Math.round(summary.durationMs)} ms`
  if (summary.winner) {
    const { address, port } = summary.winner
    return `${chart}\nwon by ${formatHostPort({ host: address, port })} ${after}`
  }
  return `${chart}\nfailed ${after}: ${printable(raceFailure(summary).message)}`
}
