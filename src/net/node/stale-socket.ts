import { lstatSync, unlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { codeOf, fail } from '../../core/fail.ts'

/** What became of a connection to a socket file: `connected`, or the code of the error. */
const knock = (path: string): Promise<string> =>
  new Promise(resolve => {
    const socket = connect({ path })
    socket.once('error', error => resolve(codeOf(error)))
    socket.once('connect', () => {
      socket.destroy()
      resolve('connected')
    })
  })

/**
 * Removes a socket file that nobody answers on, as a process that was killed leaves it.
 *
 * @returns rejects, and removes nothing, with EADDRINUSE where somebody answers, or may answer, or
 *   where the file is not a socket; with the system's error where that cannot be found out
 */
export const removeStaleSocket = async (path: string): Promise<void> => {
  const before = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  if (!before) return
  if (!before.isSocket()) {
    throw fail('EADDRINUSE', 'a file that is not a socket is there; it is left as it is')
  }
  const heard = await knock(path)
  if (heard === 'ENOENT') return
  if (heard === 'EACCES' || heard === 'EPERM') {
    throw fail('EADDRINUSE', 'a socket of another user is there; it is left as it is')
  }
  // Only a refusal is certain: EAGAIN is a full queue, EPROTOTYPE a socket of another kind.
  if (heard !== 'ECONNREFUSED') throw fail('EADDRINUSE', 'another process answers there')
  const now = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  if (now?.ino === before.ino && now.dev === before.dev) unlinkSync(path)
}
