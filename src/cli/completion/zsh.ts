import { COMMANDS, COMMON_OPTIONS, DEFAULT_COMMAND } from '../definitions.ts'
import type { CommandDefinition, OptionDefinition, PositionalDefinition } from '../types.ts'

/** A text escaped for single quotes, inside the brackets or after the colons of `_arguments`. */
const quoted = (text: string): string =>
  text.replaceAll(/[\\:[\]]/g, match => `\\${match}`).replaceAll("'", String.raw`'\''`)

const actionOf = (choices: readonly string[] | undefined, isFile: boolean): string => {
  if (choices) return `(${choices.join(' ')})`
  return isFile ? '_files' : ''
}

const optionSpecs = (option: OptionDefinition): readonly string[] => {
  const value =
    option.value === undefined
      ? ''
      : `:${quoted(option.value)}:${actionOf(option.choices, option.value === 'FILE')}`
  const star = option.type === 'list' ? '*' : ''
  const names = [`--${option.name}`, ...(option.alias === undefined ? [] : [`-${option.alias}`])]
  return names.map(name => `'${star}${name}[${quoted(option.about)}]${value}'`)
}

const positionalSpec = (positional: PositionalDefinition): string => {
  const action = actionOf(positional.choices, positional.name === 'file')
  return `'${positional.repeated ? '*' : ''}:${quoted(positional.name)}:${action}'`
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
    ...COMMANDS.map(({ name, summary }) => `    '${name}:${quoted(summary)}'`),
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
