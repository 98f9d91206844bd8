import { configFailure } from './problem.ts'

/** Reads a file whole. It throws the system's errors. */
export type ReadFile = (path: string) => Uint8Array

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

/** Reads a file of text. @throws an Error whose message follows the name of the file */
export const readText = (path: string, readFile: ReadFile): string => {
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

/** Reads a configuration file. @throws ERR_CONFIG */
export const readConfigText = (file: string, readFile: ReadFile): string => {
  try {
    return readText(file, readFile)
  } catch (error) {
    throw configFailure([{ where: file, path: '', message: (error as Error).message }])
  }
}
