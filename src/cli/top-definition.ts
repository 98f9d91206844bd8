import { CONFIG_FLAG, JSON_OUTPUT, daemonFlag } from './shared-options.ts'
import type { CommandDefinition } from './types.ts'

/** `eyeballd top`. */
export const TOP: CommandDefinition = {
  name: 'top',
  summary: 'Watch a running daemon live',
  about:
    'Shows a running daemon on the whole terminal, by its admin endpoint: connections, rates, who wins by family, ' +
    'the last races with hidden failures marked, the slowest ones, and open connections. Keys: q quits, p pauses, ' +
    'f filters, the arrows choose a list and scroll. A daemon that restarts is found again. Where standard output ' +
    'is not a terminal, one snapshot is printed. A token comes from EYEBALLD_ADMIN_TOKEN or the configuration file.',
  positionals: [],
  options: [
    daemonFlag('an error'),
    CONFIG_FLAG,
    JSON_OUTPUT,
    {
      name: 'once',
      type: 'switch',
      about: 'One snapshot, or with --json one status object, in place of one a second',
      default: 'off',
    },
  ],
  examples: [
    ['eyeballd top --admin 127.0.0.1:9000', 'a daemon that was started with the same flag'],
    [
      'eyeballd top --admin unix:/run/eyeballd/admin.sock --json',
      'its counts for programs, once a second',
    ],
  ],
}
