import { parseArgs } from 'node:util'
import { parseForward } from '../config/flags.ts'
import { didYouMean } from '../config/suggest.ts'
import { hint } from '../core/address-hint.ts'
import { fail } from '../core/fail.ts'
import { parseListenAddress } from '../core/listen-address.ts'
import { COMMANDS, COMMON_OPTIONS, DEFAULT_COMMAND } from './definitions.ts'
import { parseRaceTarget } from './race-target.ts'
import type { Arguments, CommandDefinition, OptionDefinition } from './types.ts'

/** What the command line arguments request. */
export type Request =
  | { readonly type: 'run'; readonly command: CommandDefinition; readonly args: Arguments }
  | { readonly type: 'help'; readonly command: CommandDefinition | null }
  | { readonly type: 'version' }

const optionsOf = (command: CommandDefinition): readonly OptionDefinition[] => [
  ...command.options,
  ...COMMON_OPTIONS,
]

/** All options. An option that several commands have is the same in all of them. */
const ALL_OPTIONS: ReadonlyMap<string, OptionDefinition> = new Map(
  COMMANDS.flatMap(optionsOf).map(option => [option.name, option]),
)

const flagText = (name: string): string => (name.length === 1 ? `-${name}` : `--${name}`)

/** The end of the message: the command that has this option, or the option that was most likely meant. */
const nearFlag = (name: string, options: readonly OptionDefinition[]): string => {
  const owner = COMMANDS.find(command => command.options.some(option => option.name === name))
  if (owner) return `, but of eyeballd ${owner.name}`
  const names = options.map(option => `--${option.name}`)
  if (name.length > 1) return didYouMean(flagText(name), names)
  // Any single letter is one edit away from any other, so single letters get no suggestion.
  const [one, ...more] = names.filter(known => known.startsWith(`--${name.toLowerCase()}`))
  return more.length === 0 ? hint(one) : ''
}

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

/** @param flag the option as it was typed */
const checkFlag = (
  name: string,
  command: CommandDefinition,
  flag: string = flagText(name),
): void => {
  const options = optionsOf(command)
  if (options.some(option => option.name === name)) return
  const near = nearFlag(name, options)
  const message = `${flag}: is not an option of eyeballd ${command.name}${near}`
  throw fail('ERR_CONFIG', message)
}

const named = (word: string | undefined): CommandDefinition | undefined =>
  COMMANDS.find(({ name }) => name === word)

const firstNamed = (words: readonly string[]): CommandDefinition | undefined =>
  words.map(named).find(found => found)

/** The words that may be options: all words before `--`. */
const optionWords = (words: readonly string[]): readonly string[] => {
  const end = words.indexOf('--')
  return end < 0 ? words : words.slice(0, end)
}

/** A help flag takes precedence over everything else, because its user does not know the syntax yet. */
const has = (words: readonly string[], ...flags: readonly string[]): boolean =>
  optionWords(words).some(word => flags.includes(word))

/** An option as it was given. */
type Given = { readonly flag: string; readonly name: string; readonly value: string | undefined }

/**
 * Splits the words into options and positionals. The parser reads `-c=f` as the value `=f`, and takes the
 * next word for a value even if that is an option.
 */
const splitWords = (words: readonly string[]) => {
  const options = Object.fromEntries(
    [...ALL_OPTIONS.values()].map(({ name, alias, type }) => [
      name,
      {
        type: type === 'switch' ? ('boolean' as const) : ('string' as const),
        ...(alias === undefined ? {} : { short: alias }),
      },
    ]),
  )
  const { tokens } = parseArgs({
    args: [...words],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const given = tokens.flatMap((token): readonly Given[] => {
    if (token.kind !== 'option') return []
    const { name, rawName: flag, value, inlineValue } = token
    if (value === undefined) return [{ flag, name, value }]
    if (inlineValue && !flag.startsWith('--'))
      return [{ flag, name, value: value.replace(/^=/, '') }]
    const isOption = !inlineValue && value.length > 1 && value.startsWith('-')
    return [{ flag, name, value: isOption ? undefined : value }]
  })
  const positionals = tokens.flatMap(token => (token.kind === 'positional' ? [token] : []))
  const end = tokens.find(({ kind }) => kind === 'option-terminator')?.index ?? Infinity
  return {
    given,
    positionals: positionals.map(({ value }) => value),
    /** How many of them stand before `--`. */
    before: positionals.filter(({ index }) => index < end).length,
  }
}

const readOptions = (given: readonly Given[]): Record<string, string | boolean | string[]> => {
  const args: Record<string, string | boolean | string[]> = {}
  for (const { flag, name, value } of given) {
    const before = args[name]
    const type = ALL_OPTIONS.get(name)?.type
    if (type !== 'switch' && value === undefined) throw fail('ERR_CONFIG', `${flag}: needs a value`)
    if (type !== 'list' && before !== undefined)
      throw fail('ERR_CONFIG', `--${name}: found several times; allowed: once`)
    if (type === 'list') args[name] = [...(Array.isArray(before) ? before : []), value ?? '']
    else args[name] = type === 'switch' ? value !== 'false' : (value ?? '')
  }
  return args
}

/** A text that begins a line, within a sentence. */
const inSentence = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

const readPositionals = (
  command: CommandDefinition,
  words: readonly string[],
): Record<string, string | readonly string[]> => {
  const left = [...words]
  const args: Record<string, string | readonly string[]> = {}
  for (const { name, about, required, repeated } of command.positionals) {
    if (required && left.length === 0)
      throw fail('ERR_CONFIG', `${name.toUpperCase()}: is missing; expected ${inSentence(about)}`)
    const [first, ...rest] = left.splice(0, repeated ? left.length : 1)
    if (first !== undefined) args[name] = repeated ? [first, ...rest] : first
  }
  const [extra] = left
  if (extra === undefined) return args
  const near = command === DEFAULT_COMMAND ? commandHint(extra) : ''
  const message = `${JSON.stringify(extra)}: is one word too many for eyeballd ${command.name}${near}`
  throw fail('ERR_CONFIG', message)
}

/** Checks that a first word is a command. */
const checkCommand = (word: string | undefined): void => {
  if (word === undefined || named(word)) return
  const names = COMMANDS.map(({ name }) => name)
  const near = commandHint(word) || didYouMean(word, names)
  const message = `${JSON.stringify(word)}: is not a command${near}; allowed: ${names.join(', ')}`
  throw fail('ERR_CONFIG', message)
}

/** Checks that another command line, and no word of it before, follows `--`. */
const checkCommandLine = (
  { name, isCommandLine = false }: CommandDefinition,
  extra: string | undefined,
  words: readonly string[],
): void => {
  if (!isCommandLine || (extra === undefined && words.includes('--'))) return
  const found = words.includes('--') ? `${JSON.stringify(extra)} before --` : 'no --'
  const message = `${name}: found ${found}; expected: eyeballd ${name} [options] -- COMMAND ARGS...`
  throw fail('ERR_CONFIG', message)
}

/** Checks a long option by its text: the parser takes a value away from a switch. */
const checkLongFlag = (word: string, command: CommandDefinition): void => {
  const [, name, value] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? []
  if (name === undefined) return
  const option = ALL_OPTIONS.get(name)
  if (!option) checkFlag(name, command)
  if (option?.type === 'switch' && value !== undefined && value !== 'true' && value !== 'false') {
    throw fail('ERR_CONFIG', `--${name}: found ${JSON.stringify(value)}; allowed: no value`)
  }
}

/**
 * Reads the arguments after the program's name. It has no side effects.
 *
 * @throws ERR_CONFIG with the word that was found and what is allowed
 */
export const parseWords = (words: readonly string[]): Request => {
  if (has(words, '--help', '-h') || optionWords(words).some(word => word.startsWith('-h='))) {
    return { type: 'help', command: firstNamed(words) ?? null }
  }
  if (has(words, '--version')) return { type: 'version' }
  const { given, positionals, before } = splitWords(words)
  const command = named(positionals[0]) ?? DEFAULT_COMMAND
  // First: the options of the other command would be wrong ones of this.
  checkCommandLine(command, before > 1 ? positionals[1] : undefined, words)
  for (const word of optionWords(words)) checkLongFlag(word, firstNamed(words) ?? DEFAULT_COMMAND)
  // Options come first: the word after a wrong one may be its value, and no command.
  for (const { name, flag } of given) checkFlag(name, command, flag)
  const options = readOptions(given)
  checkCommand(positionals[0])
  const args = readPositionals(command, positionals.slice(1))
  return { type: 'run', command, args: { ...options, ...args } }
}
