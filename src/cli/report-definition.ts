import { CONFIG_FLAG, JSON_OUTPUT, daemonFlag } from './shared-options.ts'
import type { CommandDefinition } from './types.ts'

/** `eyeballd report`. */
export const REPORT: CommandDefinition = {
  name: 'report',
  summary: 'Report hidden failures and failed races by network, name and hour',
  about:
    'Reads the last races of a running daemon by its admin endpoint, or all races of a log in JSON, and groups what ' +
    'failed by network (/48, /24), name and hour: why, since when, how often, what won instead, and what to do. ' +
    'A log covers more time than the races that the daemon keeps (admin.raceHistory). ' +
    'A token comes from EYEBALLD_ADMIN_TOKEN or the configuration file.',
  positionals: [
    {
      name: 'file',
      about: 'A log in JSON, in place of a daemon; - is standard input',
      required: false,
      repeated: false,
    },
  ],
  options: [
    daemonFlag('an error'),
    CONFIG_FLAG,
    JSON_OUTPUT,
    {
      name: 'since',
      type: 'text',
      value: 'DURATION',
      about: 'Only races of this time until now, such as 24h',
      default: 'all',
    },
  ],
  examples: [
    ['eyeballd report --admin 127.0.0.1:9000', 'the last races of a daemon'],
    ['journalctl -u eyeballd -o cat | eyeballd report - --since 24h', 'a day, of the journal'],
  ],
}
