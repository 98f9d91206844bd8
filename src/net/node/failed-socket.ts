import { Socket } from 'node:net'
import { ignoreErrors } from '../../core/ignore-errors.ts'

/**
 * A socket that stands for a failed connection, for callers that know failures only as a socket's `error`.
 * It holds no descriptor. The caller destroys it with the error.
 */
export const createFailedSocket = (): Socket => {
  const socket = new Socket()
  ignoreErrors(socket)
  return socket
}
