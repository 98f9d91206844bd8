import { FLAGS } from '../config/flags.ts'
import { configLoader } from '../config/load.ts'
import type { Flags } from '../config/overrides.ts'
import type { Config } from '../config/types.ts'
import { fail } from '../core/fail.ts'
import { listOf, switchOf, textOf } from './command.ts'
import type { Arguments, CliIo } from './types.ts'

const READ = { list: listOf, text: textOf, switch: switchOf } as const

/** The flags of configuration keys among a command's arguments. */
export const flagsOf = (args: Arguments): Flags =>
  Object.fromEntries(FLAGS.map(({ flag: { name, type } }) => [name, READ[type](args, name)]))

/**
 * Prepares to build the configuration from a command's arguments, the environment and a file.
 *
 * @param file replaces the option `config`
 * @returns what loads it, at the start and on each reload, and throws ERR_CONFIG with every mistake
 * @throws ERR_CONFIG for an argument that is wrong by itself
 */
export const argumentsLoader = async (
  args: Arguments,
  { env, readFile }: Pick<CliIo, 'env' | 'readFile'>,
  file = textOf(args, 'config'),
): ReturnType<typeof configLoader> => {
  if (file === '-') {
    const message = '--config: found -; allowed: a file (only eyeballd check reads standard input)'
    throw fail('ERR_CONFIG', message)
  }
  return configLoader({ file, flags: flagsOf(args), env, readFile })
}

/** Builds the configuration from a command's arguments, the environment and a file, once. */
export const loadArguments = async (
  ...[args, io, file]: Parameters<typeof argumentsLoader>
): Promise<Config> => {
  const load = await argumentsLoader(args, io, file)
  return load()
}
