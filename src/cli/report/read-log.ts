import { StringDecoder } from 'node:string_decoder'
import type { ReportedRace } from './failure-groups.ts'

/** The longest line that is read; longer ones are skipped. A race of 64 addresses takes 10 kB. */
const LINE_MAX_CHARS = 1_000_000

/** What every `race` line has: lines without it need not be parsed. */
const MARK = '"event":"race"'

const isText = (value: unknown): value is string => typeof value === 'string'

type Fields = Readonly<Record<string, unknown>>

const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null ? (value as Fields) : undefined

const attemptsOf = (value: unknown): ReportedRace['attempts'] =>
  // `log.redact` may have replaced the list, or an address in it, with a text.
  (Array.isArray(value) ? (value as readonly unknown[]) : []).flatMap(each => {
    const { address, outcome, code } = fieldsOf(each) ?? {}
    if (!isText(address)) return []
    return [
      { address, outcome: isText(outcome) ? outcome : null, code: isText(code) ? code : undefined },
    ]
  })

/** A `race` line of the log in JSON; undefined for any other line. */
export const parseRaceLine = (line: string): ReportedRace | undefined => {
  if (!line.includes(MARK)) return undefined
  let fields: Fields | undefined
  try {
    fields = fieldsOf(JSON.parse(line.slice(line.indexOf('{'))))
  } catch {
    return undefined
  }
  if (fields?.event !== 'race' || typeof fields.time !== 'number') return undefined
  const { time, target, outcome, hidden, winner, attempts, error } = fields
  const address = fieldsOf(winner)?.address
  const { code, message } = fieldsOf(error) ?? {}
  return {
    time,
    target: isText(target) ? target : null,
    outcome: isText(outcome) ? outcome : '',
    hidden: hidden === true,
    winner: isText(address) ? { address } : null,
    attempts: attemptsOf(attempts),
    ...(isText(code) && { error: { code, message: isText(message) ? message : '' } }),
  }
}

/**
 * Reads the races of a log, however long it is, in the memory of one line.
 *
 * @returns the number of all lines
 */
export const readLog = async (
  input: AsyncIterable<Uint8Array | string>,
  onRace: (race: ReportedRace) => void,
): Promise<number> => {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  let isTooLong = false
  let lines = 0
  const take = (line: string): void => {
    lines++
    const race = isTooLong ? undefined : parseRaceLine(line)
    isTooLong = false
    if (race) onRace(race)
  }
  for await (const piece of input) {
    const parts = (
      rest + (typeof piece === 'string' ? piece : decoder.write(Buffer.from(piece)))
    ).split('\n')
    rest = parts.pop() ?? ''
    for (const line of parts) take(line)
    if (rest.length > LINE_MAX_CHARS) {
      isTooLong = true
      rest = ''
    }
  }
  if (rest !== '') take(rest)
  return lines
}
