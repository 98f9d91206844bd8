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

/** The flags of all keys, or of the keys of one section. */
export const flagsUnder = (section?: string): readonly OptionDefinition[] =>
  FLAGS.filter(({ path }) => section === undefined || path[0] === section).map(({ flag }) => flag)
