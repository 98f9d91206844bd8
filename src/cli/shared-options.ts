import { FLAGS } from '../config/flags.ts'
import type { OptionDefinition } from './types.ts'

/** The flag that names the configuration file. */
export const CONFIG_FLAG = {
  name: 'config',
  alias: 'c',
  type: 'text',
  value: 'FILE',
  about: 'Configuration in YAML or JSON',
  default: 'EYEBALLD_CONFIG, else none',
} as const satisfies OptionDefinition

/** The switch for programs. */
export const JSON_OUTPUT: OptionDefinition = {
  name: 'json',
  type: 'switch',
  about: 'Print JSON, one object a line, instead of text for people',
  default: 'off',
}

/** The flag that names a running daemon, for the commands that ask one. */
export const daemonFlag = (otherwise: string): OptionDefinition => ({
  name: 'admin',
  type: 'text',
  value: 'ADDR',
  about:
    'The admin endpoint of a running daemon: what its own --admin or admin.listen names, host:port, [ipv6]:port, a ' +
    'port of loopback, or unix:/absolute/path',
  default: `EYEBALLD_ADMIN, else admin.listen of the file, else ${otherwise}`,
})

/** The flags of all keys, or of the keys of one section. */
export const flagsUnder = (section?: string): readonly OptionDefinition[] =>
  FLAGS.filter(({ path }) => section === undefined || path[0] === section).map(({ flag }) => flag)
