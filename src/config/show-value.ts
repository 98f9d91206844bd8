const SHOWN_MAX_CHARS = 80

/** What kind of value something is, in the words of a configuration file. */
export const kindOf = (value: unknown): string => {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object') return 'a mapping'
  if (typeof value === 'string') return 'text'
  return typeof value === 'number' ? 'a number' : `a ${typeof value}`
}

/** A value as a message quotes it: texts in quotes and cut where they are long, lists and mappings by their kind. */
export const showValue = (value: unknown): string => {
  if (typeof value === 'string') {
    const short = value.length > SHOWN_MAX_CHARS ? `${value.slice(0, SHOWN_MAX_CHARS)}...` : value
    return JSON.stringify(short)
  }
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : kindOf(value)
}

/** The message for a value of the wrong kind: what was found and what is allowed. */
export const foundAllowed = (value: unknown, allowed: string): string =>
  value === undefined
    ? `is missing; allowed: ${allowed}`
    : `found ${showValue(value)}; allowed: ${allowed}`
