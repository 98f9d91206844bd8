import { effectiveYaml } from '../config/effective.ts'
import { configFile } from '../config/load.ts'
import { fail } from '../core/fail.ts'
import { EXIT_DONE, textOf } from './command.ts'
import { loadArguments } from './load-arguments.ts'
import type { Arguments, CliIo, Input, RunCommand } from './types.ts'
import { createUnreadCredentials } from './unread-credentials.ts'

const STDIN = '-'

/** The name of standard input in messages, where a file name would stand. */
const STDIN_NAME = '<stdin>'

const fileOf = (args: Arguments): string | undefined => {
  const word = textOf(args, 'file', 'FILE')
  const option = textOf(args, 'config')
  if (word === undefined || option === undefined) return word ?? option
  throw fail('ERR_CONFIG', `--config: found FILE (${word}) beside it; allowed: one of the two`)
}

const readAll = async (input: Input): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = []
  for await (const piece of input) {
    pieces.push(typeof piece === 'string' ? new TextEncoder().encode(piece) : piece)
  }
  return Buffer.concat(pieces)
}

/**
 * `eyeballd check [FILE | -c FILE]`: prints the effective configuration. Throws if the configuration is wrong. A reload
 * under systemd runs it, beside the service, where credentials cannot be read.
 */
export const check: RunCommand = async (args, io) => {
  const given = fileOf(args)
  const words = { ...args, config: undefined }
  const write = async (
    files: Pick<CliIo, 'env' | 'readFile'>,
    file: string | undefined,
  ): Promise<number> => {
    const credentials = createUnreadCredentials(files.readFile, configFile(file, io.env))
    const { readFile } = credentials
    const config = await loadArguments(words, { ...files, readFile }, file)
    try {
      await io.checkEngine(config.pipe.engine)
    } catch (error) {
      const where = configFile(file, io.env) ?? 'defaults'
      throw fail('ERR_CONFIG', `${where}: ${(error as Error).message}`, {}, error)
    }
    const unread = credentials.paths()
    if (unread.length > 0)
      io.stderr.write(
        `not checked, because systemd shows them to the service alone: ${unread.join(', ')}\n`,
      )
    io.stdout.write(effectiveYaml(config))
    return EXIT_DONE
  }
  if (given !== STDIN) return write(io, given)
  const bytes = await readAll(io.stdin)
  const readFile = (path: string): Uint8Array => (path === STDIN_NAME ? bytes : io.readFile(path))
  return write({ env: io.env, readFile }, STDIN_NAME)
}
