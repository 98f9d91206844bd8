import { dirname, resolve } from 'node:path'
import { fail } from '../core/fail.ts'
import type { Environment, Flags } from './overrides.ts'
import { readOverrides } from './overrides.ts'
import { parseConfig } from './parse.ts'
import { readBounded } from './read-bounded.ts'
import type { ReadFile } from './read-text.ts'
import { readConfigText, readText } from './read-text.ts'
import type { Config } from './types.ts'

export type LoadOptions = {
  /** The file's path; undefined or empty: `EYEBALLD_CONFIG`, else no file. */
  readonly file?: string | undefined
  /** Default: none. */
  readonly flags?: Flags
  /** Default: empty. */
  readonly env?: Environment
  readonly readFile?: ReadFile
  /** True when a running daemon reads its file again: an empty file is then a mistake. Default false. */
  readonly isReload?: boolean
}

/** The configuration file: the given one, else `EYEBALLD_CONFIG`; undefined if neither is set. */
export const configFile = (given: string | undefined, env: Environment): string | undefined =>
  given || env.EYEBALLD_CONFIG?.trim() || undefined

/**
 * Loads the effective configuration; flags override the environment, which overrides the file, which
 * overrides the defaults. Relative paths of users files are relative to the configuration file's folder.
 *
 * @throws one ERR_CONFIG with every problem
 */
export const loadConfig = (options: LoadOptions = {}): Config => {
  const { flags = {}, env = {}, readFile = readBounded, isReload = false } = options
  const file = configFile(options.file, env)
  const text = file === undefined ? '' : readConfigText(file, readFile)
  const folder = file === undefined ? '.' : dirname(file)
  return parseConfig(text, file ?? 'defaults', {
    overrides: readOverrides(flags, env),
    mayBeEmpty: !isReload,
    readUsersFile: path => {
      try {
        return readText(resolve(folder, path), readFile)
      } catch (error) {
        throw fail('ERR_CONFIG', `${path} ${(error as Error).message}`, {}, error)
      }
    },
  })
}
