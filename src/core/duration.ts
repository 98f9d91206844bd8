import { fail } from './fail.ts'
import { quote } from './quote.ts'

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

/** A JavaScript timer holds 31 bits of milliseconds; a longer delay would fire at once. */
export const DURATION_MAX_MS = 2_147_483_647

/** Rounds to whole microseconds, in milliseconds: 1.001 s is 1001 ms, although 1.001 * 1000 is slightly less. */
const toMicroseconds = (ms: number): number => Math.round(ms * 1000) / 1000

const FORM =
  /^(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/

/** Milliseconds without an upper limit; undefined for another form. */
const readUnits = (text: string): number | undefined => {
  const match = text === '' ? null : FORM.exec(text)
  if (!match) return undefined
  const [, h = 0, m = 0, s = 0, ms = 0] = match
  return Number(h) * UNIT_MS.h + Number(m) * UNIT_MS.m + Number(s) * UNIT_MS.s + Number(ms)
}

/** Other common spellings of units. */
const SPELLINGS: readonly (readonly [RegExp, string])[] = [
  [/(?<=\d)(?:milliseconds?|msecs?|millis)/g, 'ms'],
  [/(?<=\d)(?:seconds?|secs?)/g, 's'],
  [/(?<=\d)(?:minutes?|mins?)/g, 'm'],
  [/(?<=\d)(?:hours?|hrs?)/g, 'h'],
]

/** `; did you mean 5s?` for `5 seconds`, `5S` or `5 s`; empty if no duration is near. */
const suggestion = (found: string): string => {
  let text = found.toLowerCase().replaceAll(/\s/g, '')
  for (const [pattern, unit] of SPELLINGS) text = text.replace(pattern, unit)
  const days = /^(\d{1,3})(?:d|days?)$/.exec(text)?.[1]
  if (days !== undefined) text = `${Number(days) * 24}h`
  const ms = readUnits(text)
  return ms === undefined || ms > DURATION_MAX_MS ? '' : `; did you mean ${text}?`
}

const notDuration = (found: string, message: string): Error =>
  fail('ERR_INVALID_DURATION', message, { found })

/**
 * Reads a duration: `250ms`, `5s`, `2m`, `1h30m`; 0 needs no unit. Each unit may occur once, larger units
 * first; fractions are allowed (`1.5s`), down to a microsecond.
 *
 * @returns milliseconds, 0 to 2,147,483,647 (some 24 days)
 * @throws ERR_INVALID_DURATION with what was found and what is allowed
 */
export const parseDuration = (text: string | number): number => {
  const found = String(text).trim()
  if (/^0+(?:\.0+)?$/.test(found)) return 0
  if (/^\d{1,20}(?:\.\d{1,20})?$/.test(found)) {
    throw notDuration(found, `found ${found} without a unit; did you mean ${found}ms or ${found}s?`)
  }
  const total = readUnits(found)
  if (total === undefined) {
    const allowed = 'allowed: 250ms, 5s, 2m, 1h30m and the like'
    throw notDuration(found, `${quote(found)} is not a duration; ${allowed}${suggestion(found)}`)
  }
  if (total > DURATION_MAX_MS) {
    throw notDuration(found, `${quote(found)} is too long: at most 24 days are allowed`)
  }
  return toMicroseconds(total)
}

/** Rounds milliseconds to a tenth, the precision of logs and reports: timers are no more precise. */
export const roundMs = (ms: number): number => Math.round(ms * 10) / 10

/** The shortest text of a duration in milliseconds, to the microsecond: 5400000 is `1h30m`. */
export const formatDuration = (ms: number): string => {
  let rest = toMicroseconds(ms)
  if (rest === 0) return '0s'
  let text = ''
  for (const unit of ['h', 'm', 's'] as const) {
    const count = Math.floor(rest / UNIT_MS[unit])
    if (count > 0) text += `${count}${unit}`
    rest = toMicroseconds(rest - count * UNIT_MS[unit])
  }
  return rest > 0 ? `${text}${rest}ms` : text
}
