import { linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { codeOf, fail } from '../core/fail.ts'

/**
 * Connects to a socket file.
 *
 * @returns `connected`, or the code of the error
 */
const tryConnect = (path: string): Promise<string> =>
  new Promise(resolve => {
    const socket = connect({ path })
    socket.once('error', error => resolve(codeOf(error)))
    socket.once('connect', () => {
      socket.destroy()
      resolve('connected')
    })
  })

/**
 * Removes a socket file on which nobody listens, such as one left by a killed process.
 *
 * @returns rejects, and removes nothing, with EADDRINUSE if somebody listens, or may listen, or if the file
 *   is not a socket; with the system's error if that cannot be determined
 */
export const removeStaleSocket = async (path: string): Promise<void> => {
  const before = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  if (!before) return
  if (!before.isSocket()) {
    throw fail('EADDRINUSE', 'a file that is not a socket is there; it is left as it is')
  }
  const result = await tryConnect(path)
  if (result === 'ENOENT') return
  if (result === 'EACCES' || result === 'EPERM') {
    throw fail('EADDRINUSE', 'a socket of another user is there; it is left as it is')
  }
  // Only ECONNREFUSED proves that nobody listens: EAGAIN means a full queue, EPROTOTYPE a socket of another
  // type.
  if (result !== 'ECONNREFUSED') throw fail('EADDRINUSE', 'another process answers there')
  const now = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  if (now?.ino === before.ino && now.dev === before.dev) unlinkSync(path)
}

/** Attempts to get the name, if another process takes it between removal and link. */
const TRIES_MAX = 3

/** Errors of link(2) on a file system without hard links, or without hard links of sockets. */
const NO_LINKS: ReadonlySet<string> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
])

const tryToPlace = (from: string, to: string, link: typeof linkSync): 'placed' | 'taken' => {
  try {
    // Unlike rename(2), link(2) never replaces an existing file.
    link(from, to)
    unlinkSync(from)
    return 'placed'
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return 'taken'
    if (!NO_LINKS.has(codeOf(error))) throw error
    if (lstatSync(to, { throwIfNoEntry: false })) return 'taken'
    renameSync(from, to)
    return 'placed'
  }
}

/**
 * Gives a socket file its name. A stale socket with that name, on which nobody listens, is removed.
 *
 * @returns rejects, and leaves both files as they are, with EADDRINUSE if the name is in use, or with the
 *   system's error
 */
export const placeSocket = async (
  from: string,
  to: string,
  link: typeof linkSync = linkSync,
): Promise<void> => {
  for (let tries = 1; tryToPlace(from, to, link) === 'taken'; tries++) {
    if (tries === TRIES_MAX) throw fail('EADDRINUSE', 'other processes listen there in turns')
    await removeStaleSocket(to)
  }
}
