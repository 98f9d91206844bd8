import { dirname, resolve } from 'node:path'
import type { Environment, Flags } from './overrides.ts'
import { readOverrides } from './overrides.ts'
import { parseConfig } from './parse.ts'
import { readBounded } from './read-bounded.ts'
import type { ReadFile } from './read-text.ts'
import { readConfigText, readText } from './read-text.ts'
import type { Config } from './types.ts'

export type LoadOptions = {
  /** The file's path; undefined or empty: `EYEBALLD_CONFIG`, and without that no file. */
  readonly file?: string | undefined
  /** Default: none. */
  readonly flags?: Flags
  /** Default: empty. */
  readonly env?: Environment
  readonly readFile?: ReadFile
  /** True where a daemon that runs reads its file again: an empty one is a mistake then. Default false. */
  readonly isReload?: boolean
}

/** The configuration file: as it was given, else `EYEBALLD_CONFIG`; undefined where neither names one. */
export const configFile = (given: string | undefined, env: Environment): string | undefined =>
  given || env.EYEBALLD_CONFIG?.trim() || undefined

/**
 * Loads the configuration that is in force: flags before environment before file before defaults.
 * Paths of users files count from the folder of the configuration file.
 *
 * @throws one ERR_CONFIG with every problem there is
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
        throw new Error(`${path} ${(error as Error).message}`, { cause: error })
      }
    },
  })
}
