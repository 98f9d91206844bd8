import { FLAGS } from '../../config/flags.ts'
import type { CommandDefinition, OptionDefinition } from '../types.ts'
import type { ProgramKind } from './types.ts'

/** The words of `--for`. */
export const PROGRAM_KINDS: readonly ProgramKind[] = ['java', 'ssh']

/** How long connections may end by themselves after the command has ended, unless a flag sets it. */
export const DRAIN_MS = 2000

const drainTimeout = (flag: OptionDefinition): OptionDefinition => ({
  ...flag,
  about: "How long connections may end by themselves after the command's end",
  default: '2s',
})

const SECTIONS: ReadonlySet<unknown> = new Set(['resolver', 'eyeballs', 'log', 'drainTimeout'])

/** The flags of keys that the command has too. */
export const RUN_FLAGS: readonly OptionDefinition[] = FLAGS.filter(({ path }) =>
  SECTIONS.has(path[0]),
).map(({ flag }) => (flag.name === 'drain-timeout' ? drainTimeout(flag) : flag))

/** `eyeballd run`. */
export const RUN: CommandDefinition = {
  name: 'run',
  summary: 'Run a command whose connections race',
  about:
    'Opens a proxy on a free port of loopback, runs the command with http_proxy, https_proxy, all_proxy and their ' +
    'like set to it, and ends with its exit status: 127 where it was not found, 126 where it cannot be run, ' +
    '128 and the number of the signal that ended it. Signals reach the command. Its standard streams are its own.',
  positionals: [
    {
      name: 'command',
      about: 'The command and its arguments, after --',
      required: true,
      repeated: true,
    },
  ],
  isCommandLine: true,
  handlesSignals: true,
  options: [
    {
      name: 'for',
      type: 'list',
      value: 'PROGRAMS',
      about:
        'Programs that read no proxy variables, separated by commas: java (JAVA_TOOL_OPTIONS), ' +
        'ssh (ssh, scp, sftp, and rsync and git by ssh)',
      default: 'none',
      choices: PROGRAM_KINDS,
    },
    {
      name: 'log',
      type: 'switch',
      about: 'Write the log to standard error',
      default: 'off',
    },
    {
      name: 'summary',
      type: 'switch',
      about: 'At the end, count races and hidden failures on standard error',
      default: 'off',
    },
    {
      name: 'config',
      alias: 'c',
      type: 'text',
      value: 'FILE',
      about:
        'Configuration in YAML or JSON; its listeners, admin, processes, drainDelay and drainTimeout are left out',
      default: 'none',
    },
    ...RUN_FLAGS,
  ],
  examples: [
    ['eyeballd run -- curl https://www.example.com/', 'one request that races'],
    ['eyeballd run --summary -- npm ci', 'what would have waited for dead addresses'],
    ['eyeballd run --for ssh -- git fetch', 'git by https and by ssh'],
  ],
}
