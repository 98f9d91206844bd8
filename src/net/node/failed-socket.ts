import { Socket } from 'node:net'
import { ignoreErrors } from '../../core/ignore-errors.ts'

/**
 * A socket that stands for a connection that could not be made, for whoever knows failure only as a
 * socket's `error`. It holds no descriptor. Whoever takes it destroys it with the error.
 */
export const createFailedSocket = (): Socket => {
  const socket = new Socket()
  ignoreErrors(socket)
  return socket
}
