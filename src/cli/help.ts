import { COMMANDS, COMMON_OPTIONS, DEFAULT_COMMAND } from './definitions.ts'
import type { CommandDefinition, OptionDefinition } from './types.ts'

const WIDTH = 80
/** The column in which descriptions begin; after a longer term, the description begins on the next line. */
const COLUMN = 28

/** Wraps a text at spaces into lines of at most `width` characters. */
export const wrap = (text: string, width: number): readonly string[] => {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** A term and its description, in two columns. */
const entry = (term: string, about: string): readonly string[] => {
  const [first = '', ...rest] = wrap(about, WIDTH - COLUMN)
  const indent = ' '.repeat(COLUMN)
  const head = `  ${term}`
  const begin =
    head.length + 2 <= COLUMN ? [`${head.padEnd(COLUMN)}${first}`] : [head, `${indent}${first}`]
  return [...begin, ...rest.map(line => `${indent}${line}`)]
}

const optionEntry = (option: OptionDefinition): readonly string[] => {
  const short = option.alias === undefined ? '    ' : `-${option.alias}, `
  const value = option.value === undefined ? '' : ` ${option.value}`
  const fallback = option.default === undefined ? '' : ` [default: ${option.default}]`
  return entry(`${short}--${option.name}${value}`, `${option.about}${fallback}`)
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', `${title}:`, ...lines]

const exampleLines = ({ examples }: CommandDefinition): readonly string[] =>
  examples.flatMap(([line, about]) => [`  ${line}`, `      ${about}`])

/** How a command is called, in one line. */
export const usageOf = ({
  name,
  positionals,
  options,
  isCommandLine,
}: CommandDefinition): string => {
  const words = positionals.map(({ name: word, required, repeated }) => {
    const text = `${word.toUpperCase()}${repeated ? '...' : ''}`
    return required ? text : `[${text}]`
  })
  const command = name === DEFAULT_COMMAND.name ? `[${name}]` : name
  const rest = isCommandLine === true ? ['--', ...words] : words
  return ['eyeballd', command, ...(options.length > 0 ? ['[options]'] : []), ...rest].join(' ')
}

const commandLines = (command: CommandDefinition): readonly string[] => [
  `Usage: ${usageOf(command)}`,
  '',
  ...wrap(command.about, WIDTH),
  ...section(
    'Arguments',
    command.positionals.flatMap(({ name, about }) => entry(name.toUpperCase(), about)),
  ),
  ...section('Options', [...command.options, ...COMMON_OPTIONS].flatMap(optionEntry)),
]

/** How options are given in the environment. */
export const ENVIRONMENT =
  'Options can be given in the environment too: --log-level as EYEBALLD_LOG_LEVEL, ' +
  'lists split on commas. Options come before the environment, the environment before the file.'

/** Variables that stand for no option of `serve`. */
export const VARIABLES = [
  [
    'EYEBALLD_ADMIN_TOKEN',
    'the bearer token with which top, report and doctor ask a running daemon; else the token of -c FILE',
  ],
  ['EYEBALLD_PROXY', 'the listener that healthcheck greets, in place of 127.0.0.1:1080'],
  ['NO_COLOR', 'if it is not empty: no colours, on terminals too'],
] as const

/** What each exit status means. */
export const EXIT_STATUS = [
  ['0', 'done'],
  ['1', 'it could not: nothing connected, a port is taken'],
  ['2', 'the words or the configuration are wrong; nothing was started'],
] as const

/** The text before the help of the default command if no command was given. */
const PROGRAM = [
  'eyeballd gives every program Happy Eyeballs: a SOCKS, HTTP and TCP proxy.',
  ...section(
    'Commands',
    COMMANDS.flatMap(({ name, summary }) => entry(name, summary)),
  ),
  '',
  'eyeballd COMMAND --help says more of each. Without a command:',
  '',
]

/** The help of one command, or of the program: at most 80 columns wide, with a final newline. */
export const helpText = (command: CommandDefinition | null): string => {
  const shown = command ?? DEFAULT_COMMAND
  const lines = [
    ...(command ? [] : PROGRAM),
    ...commandLines(shown),
    ...(shown === DEFAULT_COMMAND ? ['', ...wrap(ENVIRONMENT, WIDTH)] : []),
    ...section('Examples', exampleLines(shown)),
    ...section(
      'Exit status',
      EXIT_STATUS.flatMap(([status, about]) => entry(status, about)),
    ),
  ]
  return `${lines.join('\n')}\n`
}
