import { dirname, resolve } from 'node:path'
import { NO_DOCUMENT, checkDocument } from './check-document.ts'
import type { Environment, Flags } from './overrides.ts'
import { withUsersFiles } from './listener-users.ts'
import { readOverrides } from './overrides.ts'
import type { ReadFile, ReadTime } from './read-file.ts'
import { readBounded, readConfigText, readUsersText, readerOfLoad } from './read-file.ts'
import type { Config } from './types.ts'

export type LoadOptions = {
  /** The file's path; undefined or empty: `EYEBALLD_CONFIG`, else no file. */
  readonly file?: string | undefined
  /** Default: none. */
  readonly flags?: Flags
  /** Default: empty. */
  readonly env?: Environment
  /** Reads the files of a load; default: `readBounded`. */
  readonly readFile?: ReadFile
}

/** The configuration file: the given one, else `EYEBALLD_CONFIG`; undefined if neither is set. */
export const configFile = (given: string | undefined, env: Environment): string | undefined =>
  given || env.EYEBALLD_CONFIG?.trim() || undefined

/**
 * Prepares to load the effective configuration, now and again on each reload: flags override the environment,
 * which overrides the file, which overrides the defaults. Relative paths of users files are relative to the
 * configuration file's folder.
 *
 * The YAML parser is loaded only if there is a file, so that a start without one is faster, and before the
 * first load, so that a reload needs no file descriptor for it.
 *
 * @returns a function that throws one ERR_CONFIG with every problem
 */
export const configLoader = async (
  options: LoadOptions = {},
): Promise<(when?: ReadTime) => Config> => {
  const { flags = {}, env = {}, readFile = readBounded } = options
  const file = configFile(options.file, env)
  if (file === undefined) {
    return () => checkDocument(NO_DOCUMENT, 'defaults', { overrides: readOverrides(flags, env) })
  }
  const { parseConfig } = await import('./parse.ts')
  const folder = dirname(file)
  return (when = 'start') => {
    const read = readerOfLoad(readFile, when)
    const config = parseConfig(readConfigText(file, read), file, {
      overrides: readOverrides(flags, env),
      mayBeEmpty: when !== 'reload',
      readUsersFile: path => readUsersText(resolve(folder, path), read, path),
    })
    const { tokenFile } = config.admin
    const admin = { ...config.admin, tokenFile: tokenFile && resolve(folder, tokenFile) }
    return withUsersFiles({ ...config, admin }, path => resolve(folder, path))
  }
}
