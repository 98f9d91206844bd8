/** In place of a number that is not known. */
const UNKNOWN = '–'

/** A duration for people: three digits or so, with its unit; a dash for NaN. */
export const formatMs = (ms: number): string => {
  if (Number.isNaN(ms)) return UNKNOWN
  if (ms < 10) return `${Math.round(ms * 10) / 10} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 10_000) return `${(Math.floor(ms / 10) / 100).toFixed(2)} s`
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`
  return formatSpan(ms)
}

/** The units of a long duration, each with its name and its milliseconds. */
const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const

/** A long duration by its two largest units: `2 h 5 min`, `45 s`. A negative one counts as 0. */
export const formatSpan = (ms: number): string => {
  const first = UNITS.findIndex(([, unitMs]) => ms >= unitMs)
  const [name, unitMs] = UNITS[first] ?? ['s', 1000]
  const whole = Math.max(0, Math.floor(ms / unitMs))
  const [nextName, nextMs] = UNITS[first + 1] ?? ['', 1]
  const rest = Math.floor((ms - whole * unitMs) / nextMs)
  return first === -1 || nextName === '' || rest === 0
    ? `${whole} ${name}`
    : `${whole} ${name} ${rest} ${nextName}`
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** A number of bytes: `0 B`, `1.5 KiB`, `312 MiB`. */
export const formatBytes = (bytes: number): string => {
  let value = bytes
  let unit = 0
  // 1023.95 would be rounded to 1024.0.
  while (value >= 1023.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1024
    unit++
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1
  return `${value.toFixed(digits)} ${BYTE_UNITS[unit] ?? ''}`
}

const COUNTS = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** A count with its thousands apart; a dash for NaN. */
export const formatCount = (count: number): string =>
  Number.isNaN(count) ? UNKNOWN : COUNTS.format(count)

/** A share in percent; a dash where there is nothing to share. */
export const formatShare = (part: number, whole: number): string => {
  if (whole === 0) return UNKNOWN
  const percent = (part / whole) * 100
  // One in a thousand is neither none nor all.
  if (percent > 0 && percent < 1) return '< 1 %'
  if (percent < 100 && percent > 99) return '> 99 %'
  return `${Math.round(percent)} %`
}

const CLOCK = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})

/** The time of the day in the browser's time zone, `14:03:07`. */
export const formatClock = (atMs: number): string => CLOCK.format(atMs)

const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })

/** The day in the browser's time zone, `30 Nov`. */
export const formatDay = (atMs: number): string => DAY.format(atMs)

/** Whether two moments are on one day in the browser's time zone. */
export const isSameDay = (a: number, b: number): boolean =>
  new Date(a).toDateString() === new Date(b).toDateString()

/** The time of the day, and the day before it if that is not the day of `nowMs`: `30 Nov, 14:03:07`. */
export const formatMoment = (atMs: number, nowMs: number): string =>
  isSameDay(atMs, nowMs) ? formatClock(atMs) : `${formatDay(atMs)}, ${formatClock(atMs)}`

/** A count and what is counted, in the singular or the plural: `1 race`, `2 races`. */
export const formatNoun = (count: number, noun: string): string =>
  `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`
