import { lstatSync, unlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { codeOf, fail } from '../../core/fail.ts'

/**
 * Connects to a socket file.
 *
 * @returns `connected`, or the code of the error
 */
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
  const heard = await knock(path)
  if (heard === 'ENOENT') return
  if (heard === 'EACCES' || heard === 'EPERM') {
    throw fail('EADDRINUSE', 'a socket of another user is there; it is left as it is')
  }
  // Only ECONNREFUSED proves that nobody listens: EAGAIN means a full queue, EPROTOTYPE a socket of another
  // type.
  if (heard !== 'ECONNREFUSED') throw fail('EADDRINUSE', 'another process answers there')
  const now = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  if (now?.ino === before.ino && now.dev === before.dev) unlinkSync(path)
}
