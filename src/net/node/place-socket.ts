import { linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs'
import { codeOf, fail } from '../../core/fail.ts'
import { removeStaleSocket } from './stale-socket.ts'

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
