import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { codeOf, fail } from '../core/fail.ts'
import { configFailure } from './problem.ts'

/** At a reload the daemon serves, and must not be blocked for long. */
export type ReadTime = 'start' | 'reload'

/** Reads a whole file, by default with the patience of a start; throws the system's errors. */
export type ReadFile = (path: string, when?: ReadTime) => Uint8Array

/** A `ReadFile` whose time is fixed. */
type ReadBytes = (path: string) => Uint8Array

/** More than any configuration, users file or trace needs; a device such as /dev/zero never ends. */
const MOST_BYTES = 64 * 1024 * 1024
const CHUNK_BYTES = 256 * 1024

/** How a file is read that is no regular one. */
type Patience = {
  /** How long a pipe may be without a writer. */
  readonly writerMs: number
  /** How long a writer may write nothing. */
  readonly bytesMs: number
  /** How long a pipe may be waited for in all. */
  readonly totalMs: number
  /** Whether devices are read; a terminal would block the thread. */
  readonly devices: boolean
}
const PATIENCE: Readonly<Record<ReadTime, Patience>> = {
  start: { writerMs: 1000, bytesMs: 30_000, totalMs: Infinity, devices: true },
  reload: { writerMs: 250, bytesMs: 250, totalMs: 250, devices: false },
}
const LOOK_MS = 10

const sleep = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** Opens a pipe without waiting for a writer, and a device as usual. */
const open = (
  path: string,
  { devices }: Patience,
): { readonly fd: number; readonly isPipe: boolean } => {
  // Windows has no such flag: its value is 0 there.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const found = fstatSync(fd)
  if (found.isFIFO()) return { fd, isPipe: true }
  // O_NONBLOCK changes nothing for it. A pipe may be in its place by now, and a second open would block.
  if (found.isFile() || found.isDirectory()) return { fd, isPipe: false }
  closeSync(fd)
  if (!devices) throw fail('ERR_CONFIG', 'it is a device; allowed: a file')
  return { fd: openSync(path, 'r'), isPipe: false }
}

/** @returns null if a pipe has no data yet */
const read = (fd: number, chunk: Uint8Array): number | null => {
  try {
    return readSync(fd, chunk)
  } catch (error) {
    if (codeOf(error) === 'EAGAIN') return null
    throw error
  }
}

const readWith = (path: string, patience: Patience): Uint8Array => {
  const { fd, isPipe } = open(path, patience)
  try {
    const chunks: Uint8Array[] = []
    let length = 0
    let waitedMs = 0
    let totalMs = 0
    for (;;) {
      const chunk = new Uint8Array(CHUNK_BYTES)
      const count = read(fd, chunk)
      const hasNoWriter = isPipe && count === 0 && length === 0
      if (count === null || hasNoWriter) {
        const mostMs = hasNoWriter ? patience.writerMs : patience.bytesMs
        if (waitedMs >= mostMs || totalMs >= patience.totalMs) {
          const message = 'ETIMEDOUT: it is a pipe, and nothing came from it'
          throw fail('ETIMEDOUT', message)
        }
        sleep(LOOK_MS)
        waitedMs += LOOK_MS
        totalMs += LOOK_MS
        continue
      }
      if (count === 0) return Buffer.concat(chunks, length)
      waitedMs = 0
      length += count
      if (length > MOST_BYTES) {
        throw fail('EFBIG', `EFBIG: more than ${MOST_BYTES} bytes`)
      }
      chunks.push(chunk.subarray(0, count))
    }
  } finally {
    closeSync(fd)
  }
}

/**
 * Reads a whole file, which may be a pipe or a device. It blocks this thread: at the start at most 30 s for a
 * pipe that delivers no data, and 1 s for a pipe without a writer; at a reload 250 ms in all.
 *
 * @throws the system's errors; EFBIG beyond 64 MiB; ETIMEDOUT for a pipe that waited too long; ERR_CONFIG for
 * a device at a reload
 */
export const readBounded: ReadFile = (path, when = 'start') => readWith(path, PATIENCE[when])

/**
 * The reader of one load. It reads each file once, however many listeners name it: a second read of a pipe
 * finds it empty, and a file may change between two reads. An error is kept too.
 */
export const readerOfLoad = (readFile: ReadFile, when: ReadTime): ReadBytes => {
  const results = new Map<string, { readonly bytes: Uint8Array } | { readonly error: unknown }>()
  const tryRead = (path: string) => {
    try {
      return { bytes: readFile(path, when) }
    } catch (error) {
      return { error }
    }
  }
  return path => {
    const result = results.get(path) ?? tryRead(path)
    results.set(path, result)
    if ('error' in result) throw result.error
    return result.bytes
  }
}

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

/** @throws ERR_CONFIG for the size of a text file that is too long to be read */
export const checkTextSize = (bytes: number): void => {
  if (bytes <= FILE_MAX_BYTES) return
  const mib = (bytes / 1024 / 1024).toFixed(1)
  throw fail('ERR_CONFIG', `is ${mib} MiB long; allowed: ${FILE_MAX_MIB} MiB`)
}

/** Reads a text file. @throws ERR_CONFIG; the message continues a sentence that begins with the file's name */
export const readText = (path: string, readFile: ReadBytes): string => {
  let bytes: Uint8Array
  try {
    bytes = readFile(path)
  } catch (error) {
    throw fail('ERR_CONFIG', `cannot be read: ${fileFailure(error)}`, {}, error)
  }
  checkTextSize(bytes.length)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw fail('ERR_CONFIG', 'is not text in UTF-8', {}, error)
  }
}

/**
 * Reads a users file.
 *
 * @param shown the path as the message shows it
 * @throws ERR_CONFIG
 */
export const readUsersText = (path: string, readFile: ReadBytes, shown = path): string => {
  try {
    return readText(path, readFile)
  } catch (error) {
    throw fail('ERR_CONFIG', `${shown} ${(error as Error).message}`, {}, error)
  }
}

/** Reads a configuration file. @throws ERR_CONFIG */
export const readConfigText = (file: string, readFile: ReadBytes): string => {
  try {
    return readText(file, readFile)
  } catch (error) {
    throw configFailure([{ where: file, path: '', message: (error as Error).message }])
  }
}
