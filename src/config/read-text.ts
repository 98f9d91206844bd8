import { fail } from '../core/fail.ts'
import { configFailure } from './problem.ts'

/** Reads a whole file; throws the system's errors. */
export type ReadFile = (path: string) => Uint8Array

/** A configuration has a few kilobytes; the limit stops the reading of a device or a log given by mistake. */
const FILE_MAX_MIB = 4
const FILE_MAX_BYTES = FILE_MAX_MIB * 1024 * 1024

const WHY: Readonly<Record<string, string>> = {
  EISDIR: 'it is a folder; allowed: a file',
  ENOTDIR: 'part of its path is not a folder',
  ELOOP: 'its symbolic links go in a circle',
  EFBIG: `it is far too long, or has no end; allowed: ${FILE_MAX_MIB} MiB`,
}

/** Why a file could not be read or written, for people. */
export const fileFailure = (error: unknown, act: 'read' | 'write' = 'read'): string => {
  const { code = '', message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT')
    return act === 'read' ? 'there is no such file' : 'its folder does not exist'
  if (code === 'EACCES' || code === 'EPERM') return `this user may not ${act} it`
  return WHY[code] ?? message
}

/** Reads a text file. @throws ERR_CONFIG; the message continues a sentence that begins with the file's name */
export const readText = (path: string, readFile: ReadFile): string => {
  let bytes: Uint8Array
  try {
    bytes = readFile(path)
  } catch (error) {
    throw fail('ERR_CONFIG', `cannot be read: ${fileFailure(error)}`, {}, error)
  }
  if (bytes.length > FILE_MAX_BYTES) {
    const mib = (bytes.length / 1024 / 1024).toFixed(1)
    throw fail('ERR_CONFIG', `is ${mib} MiB long; allowed: ${FILE_MAX_MIB} MiB`)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw fail('ERR_CONFIG', 'is not text in UTF-8', {}, error)
  }
}

/** Reads a configuration file. @throws ERR_CONFIG */
export const readConfigText = (file: string, readFile: ReadFile): string => {
  try {
    return readText(file, readFile)
  } catch (error) {
    throw configFailure([{ where: file, path: '', message: (error as Error).message }])
  }
}
