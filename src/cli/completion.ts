import { didYouMean } from '../config/suggest.ts'
import { fail } from '../core/fail.ts'
import { EXIT_DONE, textOf } from './command.ts'
import { COMMANDS, COMMON_OPTIONS, DEFAULT_COMMAND, SHELLS } from './definitions.ts'
import type {
  CommandDefinition,
  OptionDefinition,
  PositionalDefinition,
  RunCommand,
} from './types.ts'

/** A text in single quotes, in fish's syntax. */
const fishQuote = (text: string): string => `'${text.replaceAll(/[\\']/g, match => `\\${match}`)}'`

const NAMES = COMMANDS.map(({ name }) => name).join(' ')
const NONE_YET = fishQuote(`not __fish_seen_subcommand_from ${NAMES}`)

const fishOption = (condition: string, option: OptionDefinition): string => {
  const short = option.alias === undefined ? '' : ` -s ${option.alias}`
  const files = option.value === 'FILE' ? ' -F' : ''
  const needs = option.type === 'switch' ? '' : ` -r${files}`
  const words = option.choices ? ` -a ${fishQuote(option.choices.join(' '))}` : ''
  const about = ` -d ${fishQuote(option.about)}`
  return `complete -c eyeballd -n ${condition} -l ${option.name}${short}${needs}${words}${about}`
}

const fishCommand = (command: CommandDefinition): readonly string[] => {
  const seen = fishQuote(`__fish_seen_subcommand_from ${command.name}`)
  const options = [...command.options, ...COMMON_OPTIONS]
  const lines = options.map(option => fishOption(seen, option))
  const words = command.positionals.flatMap(({ choices }) => choices ?? [])
  if (words.length > 0)
    lines.push(`complete -c eyeballd -n ${seen} -a ${fishQuote(words.join(' '))}`)
  if (command.positionals.some(({ name }) => name === 'file')) {
    lines.push(`complete -c eyeballd -n ${seen} -F`)
  }
  if (command !== DEFAULT_COMMAND) return lines
  return [...lines, ...options.map(option => fishOption(NONE_YET, option))]
}

/** The completion script for fish. */
export const fishCompletion = (): string =>
  [
    '# fish completion for eyeballd',
    'complete -c eyeballd -f',
    ...COMMANDS.map(
      ({ name, summary }) =>
        `complete -c eyeballd -n ${NONE_YET} -a ${name} -d ${fishQuote(summary)}`,
    ),
    ...COMMANDS.flatMap(fishCommand),
    '',
  ].join('\n')

/** A text escaped for single quotes, inside the brackets or after the colons of `_arguments`. */
const zshQuote = (text: string): string =>
  text.replaceAll(/[\\:[\]]/g, match => `\\${match}`).replaceAll("'", String.raw`'\''`)

const zshAction = (choices: readonly string[] | undefined, isFile: boolean): string => {
  if (choices) return `(${choices.join(' ')})`
  return isFile ? '_files' : ''
}

const optionSpecs = (option: OptionDefinition): readonly string[] => {
  const value =
    option.value === undefined
      ? ''
      : `:${zshQuote(option.value)}:${zshAction(option.choices, option.value === 'FILE')}`
  const star = option.type === 'list' ? '*' : ''
  const names = [`--${option.name}`, ...(option.alias === undefined ? [] : [`-${option.alias}`])]
  return names.map(name => `'${star}${name}[${zshQuote(option.about)}]${value}'`)
}

const positionalSpec = (positional: PositionalDefinition): string => {
  const action = zshAction(positional.choices, positional.name === 'file')
  return `'${positional.repeated ? '*' : ''}:${zshQuote(positional.name)}:${action}'`
}

const specs = (command: CommandDefinition): string =>
  [
    ...[...command.options, ...COMMON_OPTIONS].flatMap(optionSpecs),
    ...command.positionals.map(positionalSpec),
  ].join(' ')

/** The completion script for zsh. */
export const zshCompletion = (): string =>
  [
    '#compdef eyeballd',
    '_eyeballd() {',
    '  local -a commands',
    '  commands=(',
    ...COMMANDS.map(({ name, summary }) => `    '${name}:${zshQuote(summary)}'`),
    '  )',
    '  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then',
    "    _describe 'command' commands",
    '    return',
    '  fi',
    '  case $words[2] in',
    ...COMMANDS.map(
      command =>
        `    ${command.name}) shift words; (( CURRENT-- )); _arguments ${specs(command)} ;;`,
    ),
    `    *) _arguments ${specs(DEFAULT_COMMAND)} ;;`,
    '  esac',
    '}',
    'if [[ $funcstack[1] == _eyeballd ]]; then _eyeballd "$@"; else compdef _eyeballd eyeballd; fi',
    '',
  ].join('\n')

const flagsOf = (option: OptionDefinition): readonly string[] =>
  option.alias === undefined ? [`--${option.name}`] : [`-${option.alias}`, `--${option.name}`]

const allFlags = (command: CommandDefinition): string =>
  [...command.options, ...COMMON_OPTIONS].flatMap(flagsOf).join(' ')

const unique = (options: readonly OptionDefinition[]): readonly OptionDefinition[] =>
  options.filter((option, i) => options.findIndex(({ name }) => name === option.name) === i)

/** What may follow an option with a value: one of its choices, a file, or nothing known. */
const valueCases = (): readonly string[] =>
  unique(COMMANDS.flatMap(({ options }) => options))
    .filter(({ type }) => type !== 'switch')
    .map(option => {
      const words = option.choices
        ? `$(compgen -W '${option.choices.join(' ')}' -- "$cur")`
        : undefined
      const reply = option.value === 'FILE' ? '_eyeballd_files' : `COMPREPLY=(${words ?? ''})`
      return `    ${flagsOf(option).join('|')}) ${reply}; return ;;`
    })

/** The choices for a word that is not an option; FILE means any file. */
const wordsOf = (command: CommandDefinition): string => {
  if (command.positionals.some(({ name }) => name === 'file')) return 'FILE'
  const words = command.positionals.flatMap(({ choices }) => choices ?? [])
  const commands = command === DEFAULT_COMMAND ? COMMANDS.map(({ name }) => name) : []
  return [...words, ...commands].join(' ')
}

const commandCases = (): readonly string[] =>
  COMMANDS.map(
    command => `    ${command.name}) flags='${allFlags(command)}' words='${wordsOf(command)}' ;;`,
  )

/** The completion script for bash. */
export const bashCompletion = (): string =>
  [
    '# bash completion for eyeballd',
    '_eyeballd_files() {',
    "  local IFS=$'\\n'",
    '  compopt -o filenames 2>/dev/null',
    '  COMPREPLY=($(compgen -f -- "$cur"))',
    '}',
    '_eyeballd() {',
    '  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}',
    `  local command=${DEFAULT_COMMAND.name} word flags words i=0`,
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    `    case $word in ${COMMANDS.map(({ name }) => name).join('|')}) command=$word; break ;; esac`,
    '  done',
    // Behind `run --` are the words of another program.
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    i=$((i + 1))',
    '    if [[ $command != run || $word != -- ]]; then continue; fi',
    '    if declare -F _command_offset >/dev/null; then _command_offset $((i + 1))',
    '    elif (( COMP_CWORD == i + 1 )); then COMPREPLY=($(compgen -c -- "$cur"))',
    '    else _eyeballd_files; fi',
    '    return',
    '  done',
    '  case $prev in',
    ...valueCases(),
    '  esac',
    '  case $command in',
    ...commandCases(),
    '  esac',
    '  if [[ $cur == -* ]]; then',
    '    COMPREPLY=($(compgen -W "$flags" -- "$cur"))',
    '  elif [[ $words == FILE ]]; then',
    '    _eyeballd_files',
    '  else',
    '    COMPREPLY=($(compgen -W "$words" -- "$cur"))',
    '  fi',
    '}',
    'complete -F _eyeballd eyeballd',
    '',
  ].join('\n')

type Shell = (typeof SHELLS)[number]

const SCRIPTS: Readonly<Record<Shell, () => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
}

const known = (name: string): Shell | undefined => SHELLS.find(shell => shell === name)

/**
 * `eyeballd completion [SHELL]`: prints the script for the given shell, else for the shell in the variable
 * SHELL, else for bash.
 */
export const completion: RunCommand = async (args, { env, stdout }) => {
  const asked = textOf(args, 'shell', 'SHELL')
  const shell =
    asked === undefined ? (known(env.SHELL?.split('/').at(-1) ?? '') ?? 'bash') : known(asked)
  if (!shell) {
    const name = asked ?? ''
    throw fail(
      'ERR_CONFIG',
      `SHELL: found ${JSON.stringify(name)}; allowed: ${SHELLS.join(', ')}${didYouMean(name, SHELLS)}`,
    )
  }
  stdout.write(SCRIPTS[shell]())
  return EXIT_DONE
}
