import { fail } from '../core/fail.ts'
import { quote } from '../core/quote.ts'

/** A whole number in the query. @throws ERR_INVALID_ARG for anything else */
export const numberIn = (
  query: URLSearchParams,
  name: string,
  { min, max, absent }: { readonly min: number; readonly max: number; readonly absent: number },
): number => {
  const text = query.get(name)
  if (text === null) return absent
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw fail('ERR_INVALID_ARG', `${name}: found ${quote(text)}; allowed: ${min} to ${max}`)
}

/** One of several words in the query; null if there is none. @throws ERR_INVALID_ARG for another word */
export const wordIn = <Word extends string>(
  query: URLSearchParams,
  name: string,
  words: readonly Word[],
): Word | null => {
  const text = query.get(name)
  if (text === null) return null
  const word = words.find(each => each === text)
  if (word !== undefined) return word
  throw fail('ERR_INVALID_ARG', `${name}: found ${quote(text)}; allowed: ${words.join(', ')}`)
}

/** Maximum length of a text to search for. */
const SEARCH_MAX = 256

/** A part of a field's text, in lower case; null if there is none. @throws ERR_INVALID_ARG if it is too long */
export const partIn = (query: URLSearchParams, name: string): string | null => {
  const text = query.get(name)
  if (text === null) return null
  if (text.length <= SEARCH_MAX) return text.toLowerCase()
  throw fail(
    'ERR_INVALID_ARG',
    `${name}: found ${text.length} characters; allowed: at most ${SEARCH_MAX}`,
  )
}
