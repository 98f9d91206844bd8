import yargs from 'yargs'
import { didYouMean } from '../config/suggest.ts'
import { hint } from '../core/address-hint.ts'
import { fail } from '../core/fail.ts'
import { commandHint } from './command-hint.ts'
import { COMMANDS, COMMON_OPTIONS, DEFAULT_COMMAND } from './definitions.ts'
import type { Arguments, CommandDefinition, OptionDefinition } from './types.ts'

/** What the command line arguments request. */
export type Request =
  | { readonly type: 'run'; readonly command: CommandDefinition; readonly args: Arguments }
  | { readonly type: 'help'; readonly command: CommandDefinition | null }
  | { readonly type: 'version' }

type Parsed = Readonly<Record<string, unknown>> & { readonly _: readonly (string | number)[] }

const optionsOf = (command: CommandDefinition): readonly OptionDefinition[] => [
  ...command.options,
  ...COMMON_OPTIONS,
]

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

const unknownFlag = (name: string, options: readonly OptionDefinition[], of: string): Error =>
  fail('ERR_CONFIG', `${flagText(name)}: is not an option of ${of}${nearFlag(name, options)}`)

/** The parser reads the word `-` as an option without a name. */
const DASH = '\0-'

const withDash = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withDash)
  return value === DASH ? '-' : value
}

const usageOf = (command: CommandDefinition): string =>
  [
    command.name,
    ...command.positionals.map(({ name, required, repeated }) => {
      const word = repeated ? `${name}..` : name
      return required ? `<${word}>` : `[${word}]`
    }),
  ].join(' ')

const kind = ({ type }: OptionDefinition) => {
  if (type === 'switch') return { boolean: true } as const
  return type === 'list'
    ? ({ array: true, string: true, requiresArg: true } as const)
    : ({ string: true, requiresArg: true } as const)
}

const named = (word: string): CommandDefinition | undefined =>
  COMMANDS.find(({ name }) => name === word)

const ALL_OPTIONS = COMMANDS.flatMap(optionsOf)

/** Checks long flags before the parser runs: some names (`--constructor`) would confuse it. */
const checkLongFlag = (name: string, value: string | undefined, words: readonly string[]): void => {
  const option = ALL_OPTIONS.find(known => known.name === name)
  if (!option) {
    const command = words.map(named).find(found => found) ?? DEFAULT_COMMAND
    throw unknownFlag(name, optionsOf(command), `eyeballd ${command.name}`)
  }
  if (option.type === 'switch' && value !== undefined && value !== 'true' && value !== 'false') {
    throw fail('ERR_CONFIG', `--${name}: found ${JSON.stringify(value)}; allowed: no value`)
  }
}

/** The words that may be options: all words before `--`. */
const optionWords = (words: readonly string[]): readonly string[] => {
  const end = words.indexOf('--')
  return end < 0 ? words : words.slice(0, end)
}

const checkWords = (command: CommandDefinition, parsed: Parsed): void => {
  const [first, ...rest] = parsed._.map(word => String(withDash(word)))
  const isNamed = first !== undefined && named(first) === command
  const extra = isNamed ? rest[0] : first
  if (extra !== undefined) {
    const names = COMMANDS.map(({ name }) => name)
    const word = JSON.stringify(extra)
    const near = command === DEFAULT_COMMAND ? commandHint(extra) : ''
    throw isNamed
      ? fail('ERR_CONFIG', `${word}: is one word too many for eyeballd ${first}${near}`)
      : fail(
          'ERR_CONFIG',
          `${word}: is not a command${near || didYouMean(extra, names)}; allowed: ${names.join(', ')}`,
        )
  }
  const options = optionsOf(command)
  const positionals = new Set(command.positionals.map(({ name }) => name))
  for (const [name, value] of Object.entries(parsed)) {
    if (name === '_' || name === '$0' || positionals.has(name)) continue
    const option = options.find(known => known.name === name)
    if (!option) throw unknownFlag(name, options, `eyeballd ${command.name}`)
    if (option.type !== 'list' && Array.isArray(value)) {
      throw fail('ERR_CONFIG', `--${name}: found several times; allowed: once`)
    }
  }
}

/** Converts the parser's own error messages to the wording of all others. */
const complaint = (message: string, words: readonly string[]): Error => {
  const flag = /^Not enough arguments following: (.+)$/.exec(message)?.[1]
  if (flag !== undefined) return fail('ERR_CONFIG', `${flagText(flag)}: needs a value`)
  const missing = words
    .map(named)
    .find(found => found)
    ?.positionals.find(({ required }) => required)
  if (missing && message.startsWith('Not enough non-option')) {
    return fail(
      'ERR_CONFIG',
      `${missing.name.toUpperCase()}: is missing; expected: ${missing.about}`,
    )
  }
  return fail('ERR_CONFIG', message)
}

/** A help flag takes precedence over everything else, because its user does not know the syntax yet. */
const askedFor = (words: readonly string[], ...flags: readonly string[]): boolean =>
  optionWords(words).some(word => flags.includes(word))

/**
 * Reads the arguments after the program's name. It has no side effects.
 *
 * @throws ERR_CONFIG with the word that was found and what is allowed
 */
export const parseWords = (words: readonly string[]): Request => {
  // The parser would read -h=x as a switch that is off.
  if (askedFor(words, '--help', '-h') || optionWords(words).some(word => word.startsWith('-h='))) {
    return { type: 'help', command: words.map(named).find(found => found) ?? null }
  }
  if (askedFor(words, '--version')) return { type: 'version' }
  for (const word of optionWords(words)) {
    const [, name, value] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? []
    if (name !== undefined) checkLongFlag(name, value, words)
  }
  let request: Request | undefined
  const parser = yargs(words.map(word => (word === '-' ? DASH : word)))
    .locale('en')
    .exitProcess(false)
    .help(false)
    .version(false)
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'strip-aliased': true,
    })
    .fail((message: string | null, error: Error | undefined) => {
      throw error?.name === 'YError' || !error
        ? complaint(message ?? error?.message ?? '', words)
        : error
    })
  for (const command of COMMANDS) {
    const usage = command === DEFAULT_COMMAND ? [usageOf(command), '$0'] : usageOf(command)
    parser.command(
      usage,
      command.summary,
      builder => {
        for (const { name } of command.positionals) builder.positional(name, { type: 'string' })
        for (const option of optionsOf(command)) {
          builder.option(option.name, {
            ...kind(option),
            ...(option.alias === undefined ? {} : { alias: option.alias }),
          })
        }
      },
      parsed => {
        checkWords(command, parsed)
        const read = Object.entries(parsed).map(([name, value]) => [name, withDash(value)])
        request = { type: 'run', command, args: Object.fromEntries(read) as Arguments }
      },
    )
  }
  // No handler is asynchronous, so all of them have run when `parse` returns.
  void parser.parse()
  return request ?? { type: 'help', command: null }
}
