import { parseForward } from '../config/flags.ts'
import { hint } from '../core/address-hint.ts'
import { parseListenAddress } from '../core/listen-address.ts'
import { parseRaceTarget } from './race-target.ts'

const isReadBy = (read: (text: string) => unknown, text: string): boolean => {
  try {
    read(text)
    return true
  } catch {
    return false
  }
}

const nearLine = (word: string): string | undefined => {
  if (word === 'help' || word === 'version') return `--${word}`
  const isUrl = word.includes('://')
  if (/\.(?:ya?ml|json|conf|cfg)$/i.test(word)) return `-c ${word}`
  if (isReadBy(parseListenAddress, word)) return `-l ${word}`
  if (word.includes('/') && !isUrl) return `-c ${word}`
  if (isReadBy(parseForward, word)) return `-L ${word}`
  if (!isUrl && !/[.:]/.test(word)) return undefined
  return isReadBy(parseRaceTarget, word) ? `race ${word}` : undefined
}

/**
 * The end of a message for a user who wrote a file, an address, a forward or a target where a command is
 * expected: `; did you mean eyeballd -c FILE?`, or an empty text.
 */
export const commandHint = (word: string): string => {
  const line = nearLine(word)
  return hint(line === undefined ? undefined : `eyeballd ${line}`)
}
