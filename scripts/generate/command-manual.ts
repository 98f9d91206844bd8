import { COMMANDS, DEFAULT_COMMAND } from '../../src/cli/definitions.ts'
import { ENVIRONMENT, EXIT_STATUS, VARIABLES, usageOf } from '../../src/cli/help.ts'
import type { CommandDefinition, OptionDefinition } from '../../src/cli/types.ts'
import { variableOf } from '../../src/config/flags.ts'
import { splitOptions } from './own-options.ts'
import type { Roff } from './roff.ts'
import { bold, entry, italic, page, paragraph, section, subsection } from './roff.ts'

/** The text of a man page has no links; commands and files are bold by backticks. */
const DESCRIPTION = [
  'eyeballd is a proxy that gives every program Happy Eyeballs (RFC 8305): it looks up the IPv6 and the IPv4 ' +
    'addresses of each target, tries them in a race, and relays the bytes between the client and the first that connects. ' +
    'Programs reach it by SOCKS4, SOCKS4a, SOCKS5 or HTTP, all on one port, or by a fixed forward.',
  'Without options it listens on port 1080 of 127.0.0.1 and ::1. A listener that other machines can reach must ' +
    'say who may use it, or the daemon does not start.',
]

const SIGNALS: readonly (readonly [string, string])[] = [
  [
    'SIGTERM, SIGINT',
    'Drain: accept no more connections, and let open ones end for `drainTimeout`. A second one ends them at once.',
  ],
  [
    'SIGHUP',
    'Read the configuration file again. Established connections are not touched; a file with a mistake changes ' +
      'nothing, and is logged. Without a configuration file: drain.',
  ],
]

const FILES: readonly (readonly [string, string])[] = [
  [
    '/etc/eyeballd/eyeballd.yaml',
    'The configuration of the systemd service; see `eyeballd.yaml`(5). The command alone reads no file unless it is named.',
  ],
  [
    '/etc/resolv.conf',
    'DNS servers, search domains and options, unless the configuration sets them.',
  ],
  ['/etc/hosts', 'Names that are answered without DNS.'],
  ['/run/eyeballd/', 'UNIX sockets of the systemd service.'],
]

const SEE_ALSO =
  '`eyeballd.yaml`(5), `systemctl`(1), `resolv.conf`(5), RFC 8305 (Happy Eyeballs), RFC 6724 (order of addresses), ' +
  'RFC 1928 (SOCKS5)'

const capital = (text: string): string => `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}`

const optionTerm = ({ name, alias, value }: OptionDefinition): string => {
  const short = alias === undefined ? '' : `${bold(`-${alias}`)}, `
  return `${short}${bold(`--${name}`)}${value === undefined ? '' : ` ${italic(value)}`}`
}

const optionEntry = (option: OptionDefinition): Roff => {
  const fallback = option.default === undefined ? '' : ` Default: ${option.default}.`
  return entry(optionTerm(option), `${option.about}.${fallback}`)
}

/** A usage line: capitals are placeholders, other words are typed. */
const usageLine = (command: CommandDefinition): string =>
  usageOf(command)
    .split(' ')
    .map(word =>
      word.replace(/[A-Z]+|[a-z-]+/, part => (/[A-Z]/.test(part) ? italic(part) : bold(part))),
    )
    .join(' ')

const synopsis = (): Roff => COMMANDS.flatMap(command => [usageLine(command), '.br']).slice(0, -1)

const commandPart = (command: CommandDefinition): Roff => {
  const { own, shared } = splitOptions(command)
  const names = shared.map(({ name }) => `\`--${name}\``).join(', ')
  return subsection(command.name, [
    ...paragraph(command.about),
    ...command.positionals.flatMap(({ name, about }) =>
      entry(italic(name.toUpperCase()), `${about}.`),
    ),
    ...(command === DEFAULT_COMMAND
      ? paragraph('Its options are in OPTIONS.')
      : own.flatMap(optionEntry)),
    ...(names === '' ? [] : paragraph(`These are as in OPTIONS: ${names}.`)),
  ])
}

const examples = (): Roff =>
  COMMANDS.flatMap(command =>
    command.examples.flatMap(([line, about]) => entry(bold(line), capital(`${about}.`))),
  )

const variables = (): string =>
  DEFAULT_COMMAND.options.map(({ name }) => `\`${variableOf(name)}\``).join(', ')

/** The text of `man/eyeballd.1`. */
export const commandManual = (version: string): string =>
  page(['eyeballd', '1'], version, 'User Commands', [
    section('Name', [String.raw`eyeballd \- proxy that gives every program Happy Eyeballs`]),
    section('Synopsis', synopsis()),
    section('Description', DESCRIPTION.flatMap(paragraph)),
    section('Options', splitOptions(DEFAULT_COMMAND).own.flatMap(optionEntry)),
    section('Commands', COMMANDS.flatMap(commandPart)),
    section('Environment', [
      ...paragraph(ENVIRONMENT),
      ...paragraph(`The variables are ${variables()}. Beside them:`),
      ...VARIABLES.flatMap(([name, about]) => entry(bold(name), capital(`${about}.`))),
    ]),
    section(
      'Exit status',
      EXIT_STATUS.flatMap(([status, about]) => entry(bold(status), capital(`${about}.`))),
    ),
    section(
      'Signals',
      SIGNALS.flatMap(([name, about]) => entry(bold(name), about)),
    ),
    section(
      'Files',
      FILES.flatMap(([name, about]) => entry(italic(name), about)),
    ),
    section('Examples', examples()),
    section('See also', paragraph(`${SEE_ALSO}.`)),
  ])
