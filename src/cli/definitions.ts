import type { CommandDefinition, OptionDefinition } from './types.ts'

const CONFIG: OptionDefinition = {
  name: 'config',
  alias: 'c',
  type: 'text',
  value: 'FILE',
  about: 'Configuration in YAML or JSON',
  default: 'none',
}

const DNS: OptionDefinition = {
  name: 'dns',
  type: 'list',
  value: 'SERVER',
  about: "A DNS server, address or address:port, in place of the system's; repeatable",
  default: "the system's servers",
}

const JSON_OUTPUT: OptionDefinition = {
  name: 'json',
  type: 'switch',
  about: 'Print JSON, one object a line, instead of text for people',
  default: 'off',
}

const timing = (name: string, about: string, fallback: string): OptionDefinition => ({
  name,
  type: 'text',
  value: 'DURATION',
  about,
  default: fallback,
})

const RACE_TIMING: readonly OptionDefinition[] = [
  timing('connection-attempt-delay', 'Time between two attempts (RFC 8305 section 5)', '250ms'),
  timing(
    'resolution-delay',
    'How long a first answer waits for the family that may go first (RFC 8305 section 3)',
    '50ms',
  ),
  timing('connect-timeout', 'Time for a whole race, lookups included', '30s'),
]

const serve: CommandDefinition = {
  name: 'serve',
  summary: 'Run the proxy; what happens without a command',
  about:
    'Runs the proxy: a SOCKS5 server that races the addresses of each target (Happy Eyeballs, RFC 8305). ' +
    'SIGTERM or SIGINT lets connections end; a second one ends at once; SIGHUP reads the configuration file again; ' +
    'without a file it lets connections end too.',
  positionals: [],
  options: [
    CONFIG,
    {
      name: 'listen',
      alias: 'l',
      type: 'list',
      value: 'ADDR',
      about: 'A SOCKS listener: 127.0.0.1:1080, [::1]:1080, unix:/run/eyeballd.sock; repeatable',
      default: '127.0.0.1:1080 and [::1]:1080',
    },
    {
      name: 'forward',
      alias: 'L',
      type: 'list',
      value: '[BIND:]PORT:HOST:HOSTPORT',
      about:
        'A fixed forward, as ssh -L writes it; without BIND on both loopback addresses; repeatable. ' +
        'With -l or -L, the listeners of the file are left out',
      default: 'none',
    },
    {
      name: 'clients',
      type: 'list',
      value: 'CIDR',
      about: 'Clients allowed on the listeners of -l and -L; repeatable',
      default: 'every client that can reach a loopback address',
    },
    {
      name: 'open',
      type: 'switch',
      about: 'Let any client use the listeners of -l and -L, also beyond loopback',
      default: 'off',
    },
    DNS,
    {
      name: 'log-level',
      type: 'text',
      value: 'LEVEL',
      about: 'trace, debug, info, warn, error, fatal or silent',
      default: 'info',
      choices: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    },
    {
      name: 'log-format',
      type: 'text',
      value: 'FORMAT',
      about: 'json, pretty, or auto: pretty on a terminal',
      default: 'auto',
      choices: ['json', 'pretty', 'auto'],
    },
    ...RACE_TIMING,
    timing('drain-timeout', 'How long connections may go on after SIGTERM', '30s'),
  ],
  examples: [
    ['eyeballd', 'SOCKS5 on port 1080 of this host'],
    ['eyeballd -L 5432:db.example.com:5432', 'a forward and nothing else'],
    ['eyeballd -l 0.0.0.0:1080 --clients 192.0.2.0/24', 'SOCKS5 for one network'],
  ],
}

const race: CommandDefinition = {
  name: 'race',
  summary: 'Run one race to each target and draw its timeline',
  about:
    'Runs one race to each target, HOST:PORT or a URL, and prints it as a timeline. ' +
    'Exit status 1 where a target could not be reached.',
  positionals: [
    { name: 'target', about: 'HOST:PORT, [IPV6]:PORT or a URL', required: false, repeated: true },
  ],
  options: [
    CONFIG,
    JSON_OUTPUT,
    {
      name: 'no-connect',
      type: 'switch',
      about: 'Only look up and order the addresses; connect to none',
      default: 'off',
    },
    {
      name: 'trace',
      type: 'text',
      value: 'FILE',
      about: "Write the race's events to a file",
      default: 'none',
    },
    {
      name: 'replay',
      type: 'text',
      value: 'FILE',
      about: 'Run the race on the events of such a file again, without a network',
      default: 'none',
    },
    DNS,
    ...RACE_TIMING,
  ],
  examples: [
    ['eyeballd race www.example.com:443', 'who wins, and when'],
    ['eyeballd race --json https://www.example.com/', 'the same for programs'],
  ],
}

const resolve: CommandDefinition = {
  name: 'resolve',
  summary: 'Look a name up and show the order of its addresses',
  about:
    'Looks both families of a name up, and prints their times, their TTLs and the order of the addresses, ' +
    'with the rule of RFC 6724 that decided each place. Exit status 1 where the name has no address.',
  positionals: [{ name: 'name', about: 'A name or an address', required: true, repeated: false }],
  options: [CONFIG, JSON_OUTPUT, DNS],
  examples: [['eyeballd resolve www.example.com', 'its addresses, in order']],
}

const check: CommandDefinition = {
  name: 'check',
  summary: 'Validate a configuration and print the effective one',
  about:
    'Reads a configuration, with the environment over it, and prints all of it as it would be in force, ' +
    'passwords hidden. Exit status 2 where it is wrong; then every mistake is listed.',
  positionals: [
    {
      name: 'file',
      about: 'The configuration; default: EYEBALLD_CONFIG, else no file',
      required: false,
      repeated: false,
    },
  ],
  options: [],
  examples: [['eyeballd check /etc/eyeballd.yaml', 'before a reload']],
}

const hashPassword: CommandDefinition = {
  name: 'hash-password',
  summary: 'Read a password and print its hash for `users`',
  about:
    'Reads one line from standard input, a password of 1 to 255 bytes, and prints its scrypt hash for `users` ' +
    'and users files. On a terminal it asks, and does not show what is typed.',
  positionals: [],
  options: [],
  examples: [['eyeballd hash-password < password.txt', 'prints $scrypt$...']],
}

const healthcheck: CommandDefinition = {
  name: 'healthcheck',
  summary: 'Ask a running daemon whether it serves; for containers',
  about: 'Greets a SOCKS listener. Any SOCKS5 answer within 2 s is healthy, exit status 0; else 1.',
  positionals: [],
  options: [
    {
      name: 'proxy',
      type: 'text',
      value: 'ADDR',
      about: 'The listener: host:port, [ipv6]:port or unix:/path',
      default: '127.0.0.1:1080',
    },
  ],
  examples: [['eyeballd healthcheck --proxy unix:/run/eyeballd.sock', 'on a UNIX socket']],
}

/** Shells that completion is known for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const

const completion: CommandDefinition = {
  name: 'completion',
  summary: "Print the shell's completion script",
  about: "Prints a script that completes commands, options and their values. Default: SHELL's.",
  positionals: [
    {
      name: 'shell',
      about: SHELLS.join(', '),
      required: false,
      repeated: false,
      choices: SHELLS,
    },
  ],
  options: [],
  examples: [['source <(eyeballd completion bash)', 'for this shell']],
}

/** The command that runs where none is named. */
export const DEFAULT_COMMAND = serve

/** All commands, in the order of the help. */
export const COMMANDS: readonly CommandDefinition[] = [
  serve,
  race,
  resolve,
  check,
  hashPassword,
  healthcheck,
  completion,
]

/** Options that every command has. */
export const COMMON_OPTIONS: readonly OptionDefinition[] = [
  { name: 'help', alias: 'h', type: 'switch', about: 'Print this help' },
  { name: 'version', type: 'switch', about: 'Print the version' },
]
