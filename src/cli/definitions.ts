import { DOCTOR } from './doctor-definition.ts'
import { REPORT } from './report-definition.ts'
import { RUN } from './run/run-definition.ts'
import { CONFIG_FLAG, JSON_OUTPUT, daemonFlag, flagsUnder } from './shared-options.ts'
import { TOP } from './top-definition.ts'
import type { CommandDefinition, OptionDefinition } from './types.ts'

const serve: CommandDefinition = {
  name: 'serve',
  summary: 'Run the proxy; what happens without a command',
  about:
    'Runs the proxy: a SOCKS and HTTP server that races the addresses of each target (Happy Eyeballs, RFC 8305). ' +
    'SIGTERM or SIGINT lets connections end; a second one ends at once; SIGHUP reads the configuration file again; ' +
    'without a file it lets connections end too.',
  handlesSignals: true,
  positionals: [],
  options: [CONFIG_FLAG, ...flagsUnder()],
  examples: [
    ['eyeballd', 'SOCKS and HTTP on port 1080 of this host'],
    ['eyeballd -L 5432:db.example.com:5432', 'a forward and nothing else'],
    ['eyeballd -l 0.0.0.0:1080 --clients 192.0.2.0/24', 'SOCKS and HTTP for one network'],
  ],
}

const race: CommandDefinition = {
  name: 'race',
  summary: 'Run one race to each target and draw its timeline',
  about:
    'Runs one race to each target, eight at a time, and prints each as a timeline, in the order of the targets. ' +
    'Access rules and the guard against rebinding are not applied, whatever -c FILE says: ' +
    'a target that the proxy would deny is connected to. ' +
    'Exit status 1 where a target could not be reached.',
  positionals: [
    {
      name: 'target',
      about:
        'HOST (port 443), HOST:PORT, [IPV6]:PORT or a URL; - reads more from standard input, one a line',
      required: false,
      repeated: true,
    },
  ],
  options: [
    CONFIG_FLAG,
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
    ...flagsUnder('resolver'),
    ...flagsUnder('eyeballs'),
  ],
  examples: [
    ['eyeballd race www.example.com', 'who wins, and when'],
    ['eyeballd race --json https://www.example.com/', 'the same for programs'],
    ['eyeballd race - < targets.txt', 'many, side by side'],
  ],
}

const resolve: CommandDefinition = {
  name: 'resolve',
  summary: 'Look a name up and show the order of its addresses',
  about:
    'Looks both families of a name up, and prints their times, their TTLs and the order of the addresses, ' +
    'with the rule of RFC 6724 that decided each place. Exit status 1 where the name has no address.',
  positionals: [
    {
      name: 'name',
      about: 'A name or an address; of HOST:PORT or a URL the host',
      required: true,
      repeated: false,
    },
  ],
  options: [CONFIG_FLAG, JSON_OUTPUT, ...flagsUnder('resolver')],
  examples: [['eyeballd resolve www.example.com', 'its addresses, in order']],
}

const check: CommandDefinition = {
  name: 'check',
  summary: 'Validate a configuration and print the effective one',
  about:
    'Reads a configuration (- is standard input), with the environment over it, and prints all of it as it would be in force, ' +
    'passwords hidden. Exit status 2 where it is wrong; then every mistake is listed.',
  positionals: [
    {
      name: 'file',
      about: 'The configuration; default: EYEBALLD_CONFIG, else no file',
      required: false,
      repeated: false,
    },
  ],
  options: [CONFIG_FLAG],
  examples: [
    ['eyeballd check /etc/eyeballd.yaml', 'before a reload'],
    ['eyeballd check - < eyeballd.yaml', 'from standard input'],
  ],
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
  about:
    'Asks a daemon by its endpoint: --admin, or EYEBALLD_ADMIN, or admin.listen of the configuration file. ' +
    'Where none is named it greets a listener by SOCKS5; mixed, socks and http answer, also when they are full ' +
    'or let only others in. Healthy within 2 s: exit status 0; else 1.',
  positionals: [],
  options: [
    daemonFlag('a greeting of --proxy'),
    CONFIG_FLAG,
    {
      name: 'proxy',
      type: 'text',
      value: 'ADDR',
      about:
        'A listener (mixed, socks or http), in place of the endpoint: host:port, [ipv6]:port or unix:/path',
      default: 'EYEBALLD_PROXY, else 127.0.0.1:1080',
    },
  ],
  examples: [
    ['eyeballd healthcheck --admin 127.0.0.1:9000', 'by the endpoint of --admin'],
    ['eyeballd healthcheck --proxy unix:/run/eyeballd.sock', 'by a listener'],
  ],
}

/** Shells with a completion script. */
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

/** The command that runs if none is given. */
export const DEFAULT_COMMAND = serve

/** All commands, in the order of the help text. */
export const COMMANDS: readonly CommandDefinition[] = [
  serve,
  RUN,
  race,
  resolve,
  DOCTOR,
  TOP,
  REPORT,
  check,
  hashPassword,
  healthcheck,
  completion,
]

/** Options of every command. */
export const COMMON_OPTIONS: readonly OptionDefinition[] = [
  { name: 'help', alias: 'h', type: 'switch', about: 'Print this help' },
  { name: 'version', type: 'switch', about: 'Print the version' },
]
