import { COMMANDS, COMMON_OPTIONS, DEFAULT_COMMAND } from '../definitions.ts'
import type { CommandDefinition, OptionDefinition } from '../types.ts'

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
        ? `compgen -W '${option.choices.join(' ')}' -- "$cur"`
        : undefined
      const files = option.value === 'FILE' ? 'compgen -f -- "$cur"' : undefined
      const found = words ?? files
      const reply = found === undefined ? 'COMPREPLY=()' : `COMPREPLY=($(${found}))`
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
    '_eyeballd() {',
    '  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}',
    `  local command=${DEFAULT_COMMAND.name} word flags words`,
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    `    case $word in ${COMMANDS.map(({ name }) => name).join('|')}) command=$word; break ;; esac`,
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
    '    COMPREPLY=($(compgen -f -- "$cur"))',
    '  else',
    '    COMPREPLY=($(compgen -W "$words" -- "$cur"))',
    '  fi',
    '}',
    'complete -F _eyeballd eyeballd',
    '',
  ].join('\n')
