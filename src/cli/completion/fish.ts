import { COMMANDS, COMMON_OPTIONS, DEFAULT_COMMAND } from '../definitions.ts'
import type { CommandDefinition, OptionDefinition } from '../types.ts'

/** A text in single quotes, in fish's syntax. */
const quote = (text: string): string => `'${text.replaceAll(/[\\']/g, match => `\\${match}`)}'`

const NAMES = COMMANDS.map(({ name }) => name).join(' ')
const NONE_YET = quote(`not __fish_seen_subcommand_from ${NAMES}`)

const optionLine = (condition: string, option: OptionDefinition): string => {
  const short = option.alias === undefined ? '' : ` -s ${option.alias}`
  const files = option.value === 'FILE' ? ' -F' : ''
  const needs = option.type === 'switch' ? '' : ` -r${files}`
  const words = option.choices ? ` -a ${quote(option.choices.join(' '))}` : ''
  const about = ` -d ${quote(option.about)}`
  return `complete -c eyeballd -n ${condition} -l ${option.name}${short}${needs}${words}${about}`
}

const commandLines = (command: CommandDefinition): readonly string[] => {
  const seen = quote(`__fish_seen_subcommand_from ${command.name}`)
  const options = [...command.options, ...COMMON_OPTIONS]
  const lines = options.map(option => optionLine(seen, option))
  const words = command.positionals.flatMap(({ choices }) => choices ?? [])
  if (words.length > 0) lines.push(`complete -c eyeballd -n ${seen} -a ${quote(words.join(' '))}`)
  if (command.positionals.some(({ name }) => name === 'file')) {
    lines.push(`complete -c eyeballd -n ${seen} -F`)
  }
  if (command !== DEFAULT_COMMAND) return lines
  return [...lines, ...options.map(option => optionLine(NONE_YET, option))]
}

/** The completion script for fish. */
export const fishCompletion = (): string =>
  [
    '# fish completion for eyeballd',
    'complete -c eyeballd -f',
    ...COMMANDS.map(
      ({ name, summary }) => `complete -c eyeballd -n ${NONE_YET} -a ${name} -d ${quote(summary)}`,
    ),
    ...COMMANDS.flatMap(commandLines),
    '',
  ].join('\n')
