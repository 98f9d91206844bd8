import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Environment, Flags } from './overrides.ts'
import { readOverrides } from './overrides.ts'
import { parseConfig } from './parse.ts'
import { configFailure } from './problem.ts'
import type { Config } from './types.ts'

/** Reads a file whole. It throws the system's errors. */
export type ReadFile = (path: string) => Uint8Array

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

/** A configuration is some kilobytes; reading a device or a log by mistake must end. */
const FILE_MAX_BYTES = 4 * 1024 * 1024

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  EISDIR: 'it is a folder; allowed: a file',
  ENOTDIR: 'part of its path is not a folder',
  ELOOP: 'its symbolic links go in a circle',
}

const readText = (path: string, readFile: ReadFile): string => {
  let bytes: Uint8Array
  try {
    bytes = readFile(path)
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    throw new Error(`cannot be read: ${WHY[code] ?? message}`, { cause: error })
  }
  if (bytes.length > FILE_MAX_BYTES) {
    throw new Error(`has ${bytes.length} bytes; allowed: ${FILE_MAX_BYTES}`)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new Error('is not text in UTF-8', { cause: error })
  }
}

const readConfigText = (file: string, readFile: ReadFile): string => {
  try {
    return readText(file, readFile)
  } catch (error) {
    throw configFailure([{ where: file, path: '', message: (error as Error).message }])
  }
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
  const { flags = {}, env = {}, readFile = readFileSync, isReload = false } = options
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
