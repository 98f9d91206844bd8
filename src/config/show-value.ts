const SHOWN_MAX_CHARS = 80

/** The type of a value, in the terms of a configuration file. */
export const kindOf = (value: unknown): string => {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object') return 'a mapping'
  if (typeof value === 'string') return 'text'
  return typeof value === 'number' ? 'a number' : `a ${typeof value}`
}

/** A value as quoted in messages: texts in quotes and shortened, lists and mappings by their type. */
export const showValue = (value: unknown): string => {
  if (typeof value === 'string') {
    const short = value.length > SHOWN_MAX_CHARS ? `${value.slice(0, SHOWN_MAX_CHARS)}...` : value
    return JSON.stringify(short)
  }
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : kindOf(value)
}

/** The message for a value of the wrong type: what was found and what is allowed. */
export const foundAllowed = (value: unknown, allowed: string): string =>
  value === undefined
    ? `is missing; allowed: ${allowed}`
    : `found ${showValue(value)}; allowed: ${allowed}`
