import { linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs'
import { codeOf, fail } from '../../core/fail.ts'
import { removeStaleSocket } from './stale-socket.ts'

/** How often the name is tried for, where another process takes it between removing and linking. */
const TRIES_MAX = 3

/** What link(2) says on a file system that has no hard links, or none of sockets. */
const NO_LINKS: ReadonlySet<string> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
])

const tryToPlace = (from: string, to: string, link: typeof linkSync): 'placed' | 'taken' => {
  try {
    // Unlike a rename, a link never takes the place of what is there.
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
 * Gives a socket file its name. A socket that has the name and that nobody answers on is removed.
 *
 * @returns rejects, and leaves both files as they are, with EADDRINUSE where the name is in use, or
 *   with the system's error
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
