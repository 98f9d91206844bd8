import { COMMANDS, COMMON_OPTIONS, DEFAULT_COMMAND } from '../../src/cli/definitions.ts'
import { ENVIRONMENT, EXIT_STATUS, VARIABLES, usageOf } from '../../src/cli/help.ts'
import type { CommandDefinition, OptionDefinition } from '../../src/cli/types.ts'
import { splitOptions } from './own-options.ts'
import { table } from './table.ts'
import type { Row } from './table.ts'

const WIDTH = 110

const INTRODUCTION = `# Commands

<!-- \`npm run generate\` writes this page. -->

Every command and option, as \`eyeballd COMMAND --help\` and \`man eyeballd\` have them.
[Configuration](configuration.md) has the keys of the file, [signals](signals.md) what a running daemon does with them,
and [installing](install.md) how the command, its manual pages and its completion get to a machine.`

/** Characters that Markdown would read, in a text without any. */
const plain = (text: string): string => text.replaceAll(/[|*_<[\]]/g, each => `\\${each}`)

const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``

const wrapped = (text: string): string => {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > WIDTH) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines.join('\n')
}

const optionRow = ({ name, alias, value, about, default: fallback }: OptionDefinition): Row => {
  const short = alias === undefined ? '' : `${code(`-${alias}`)}, `
  return [
    `${short}${code(`--${name}${value === undefined ? '' : ` ${value}`}`)}`,
    plain(fallback ?? ''),
    plain(about),
  ]
}

const optionParts = (command: CommandDefinition): readonly string[] => {
  const { own, shared } = splitOptions(command)
  const names = shared.map(({ name }) => code(`--${name}`)).join(', ')
  return [
    ...(own.length > 0
      ? [table([['option', 'default', 'what it does'], ...own.map(optionRow)])]
      : []),
    ...(names === '' ? [] : [wrapped(`As with [serve](#eyeballd-serve): ${names}.`)]),
  ]
}

const commandPart = (command: CommandDefinition): string => {
  const words = command.positionals.map(
    ({ name, about }) => `- ${code(name.toUpperCase())}: ${plain(about)}.`,
  )
  const width = Math.max(...command.examples.map(([line]) => line.length))
  const examples = command.examples.map(([line, about]) => `    ${line.padEnd(width)}  # ${about}`)
  return [
    `## eyeballd ${command.name}`,
    `    ${usageOf(command)}`,
    wrapped(plain(command.about)),
    ...(words.length > 0 ? [words.join('\n')] : []),
    ...optionParts(command),
    'Examples:',
    examples.join('\n'),
  ].join('\n\n')
}

const listOfCommands = (): string =>
  table([
    ['command', 'what it does'],
    ...COMMANDS.map(({ name, summary }) => [`[${code(name)}](#eyeballd-${name})`, plain(summary)]),
  ])

/** The text of `docs/commands.md`. */
export const commandsPage = (): string => {
  const common = COMMON_OPTIONS.map(({ name }) => code(`--${name}`)).join(' and ')
  return `${[
    INTRODUCTION,
    listOfCommands(),
    wrapped(
      `Without a command, ${code(DEFAULT_COMMAND.name)} runs. Every command takes ${common}. ${ENVIRONMENT}`,
    ),
    table([
      ['variable', 'what it is'],
      ...VARIABLES.map(([name, about]) => [code(name), plain(about)]),
    ]),
    table([['exit status', 'meaning'], ...EXIT_STATUS]),
    ...COMMANDS.map(commandPart),
  ].join('\n\n')}\n`
}
