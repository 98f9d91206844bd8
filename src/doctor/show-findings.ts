import type { Colour } from '../log/show-race.ts'
import { createPaint, printable, raceText } from '../log/show-race.ts'
import type { Screen } from '../log/show-race.ts'
import type { Examination } from './examine.ts'
import type { Finding, Severity } from './types.ts'

const SEVERITIES: readonly Severity[] = ['problem', 'warning', 'note', 'ok']

const COLOURS: Readonly<Record<Severity, Colour>> = {
  ok: 'green',
  note: 'cyan',
  warning: 'yellow',
  problem: 'red',
}

const WORD_COLUMNS = 'problem'.length

const count = (findings: readonly Finding[], severity: Severity): number =>
  findings.filter(finding => finding.severity === severity).length

const plural = (number: number, word: string): string =>
  word === 'ok' ? `${number} ok` : `${number} ${word}${number === 1 ? '' : 's'}`

/** Wraps a text at spaces to lines of at most `columns`. */
const wrap = (text: string, columns: number): readonly string[] => {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= columns) {
      lines[lines.length - 1] = `${last} ${word}`
    } else lines.push(word)
  }
  return lines
}

const COLUMNS = 80
/** Narrower terminals wrap the lines themselves. */
const COLUMNS_MIN = 20

/** The findings for people: each with what to do, then the races as timelines, then one line that counts. */
export const examinationText = (
  { findings, targets }: Examination,
  screen: Screen,
  color: boolean,
): string => {
  const paint = createPaint(color)
  const width = Math.max(COLUMNS_MIN, (screen.columns ?? COLUMNS) - 1)
  const indent = ' '.repeat(WORD_COLUMNS + 2)
  const lines = findings.flatMap(({ severity, message, advice }) => {
    const [first = '', ...rest] = wrap(`${printable(message)}.`, width - indent.length)
    const what = advice === null ? [] : wrap(`${printable(advice)}.`, width - indent.length - 3)
    return [
      `${paint(COLOURS[severity], severity.padEnd(WORD_COLUMNS))}  ${first}`,
      ...rest.map(line => `${indent}${line}`),
      ...(severity === 'ok'
        ? []
        : what.map((line, i) => paint('dim', `${indent}${i === 0 ? '-> ' : '   '}${line}`))),
    ]
  })
  const charts = targets.map(({ trace }) => `\n${raceText(trace, { ...screen, isTTY: color })}`)
  const counts = SEVERITIES.map(severity => plural(count(findings, severity), severity))
  return `${[...lines, ...charts, '', counts.join(', ')].join('\n')}\n`
}

/** The same as one object. */
export const examinationJson = (
  { findings, targets }: Examination,
  facts: { readonly version: string; readonly time: number; readonly durationMs: number },
): string =>
  JSON.stringify({
    ...facts,
    counts: Object.fromEntries(SEVERITIES.map(severity => [severity, count(findings, severity)])),
    findings,
    races: targets.map(({ race }) => race),
  })
