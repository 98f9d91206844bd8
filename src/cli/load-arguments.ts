import type { LoadOptions } from '../config/load.ts'
import { loadConfig } from '../config/load.ts'
import type { Flags } from '../config/overrides.ts'
import type { Config } from '../config/types.ts'
import { fail } from '../core/fail.ts'
import { listOf, switchOf, textOf } from './arguments.ts'
import type { Arguments, CliIo } from './types.ts'

const LISTS = ['listen', 'forward', 'clients', 'dns'] as const
const TEXTS = [
  'admin',
  'log-level',
  'log-format',
  'connection-attempt-delay',
  'resolution-delay',
  'connect-timeout',
  'drain-timeout',
] as const

const flagsOf = (args: Arguments): Flags => {
  const open = switchOf(args, 'open')
  const lists = LISTS.map(name => [name, listOf(args, name)] as const)
  const texts = TEXTS.map(name => [name, textOf(args, name)] as const)
  const given = [...lists, ...texts, ['open', open] as const]
  return Object.fromEntries(given.filter(([, value]) => value !== undefined)) as Flags
}

/**
 * Builds the configuration from a command's arguments, the environment and a file.
 *
 * @param options `file` replaces the option `config`
 * @throws ERR_CONFIG with every mistake
 */
export const loadArguments = (
  args: Arguments,
  { env, readFile }: Pick<CliIo, 'env' | 'readFile'>,
  options: Pick<LoadOptions, 'file' | 'isReload'> = {},
): Config => {
  const file = options.file ?? textOf(args, 'config')
  if (file === '-') {
    const message = '--config: found -; allowed: a file (only eyeballd check reads standard input)'
    throw fail('ERR_CONFIG', message)
  }
  return loadConfig({ ...options, file, flags: flagsOf(args), env, readFile })
}
