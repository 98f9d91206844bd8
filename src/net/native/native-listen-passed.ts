import type { SocketAddress } from '../../core/listen-address.ts'
import { F, IPPROTO_TCP, O, TCP_NODELAY } from '../../libc/constants.ts'
import { errnoError } from '../../libc/errno-error.ts'
import type { Libc } from '../../libc/libc.ts'
import type { Bound, ListenOptions } from '../listen.ts'
import type { SocketTuning } from '../socket-tuning.ts'

const ON = Int32Array.of(1)

/**
 * Accepts the connections of a listening socket that another process has passed to this one. The descriptor
 * stays open after the end: connections then wait in the kernel's queue for the next process that accepts.
 *
 * @param fd the passed descriptor
 * @param accept begins to accept, and returns how to stop
 * @throws the system's error
 */
export const listenPassedNative = (
  libc: Libc,
  { address, fd }: { readonly address: SocketAddress; readonly fd: number },
  {
    tuning,
    keepAlive,
  }: { readonly tuning: SocketTuning; readonly keepAlive: ListenOptions['keepAlive'] | undefined },
  accept: () => () => void,
): Bound => {
  // With several processes another one may take the connection first, and accept4(2) must not wait for the next.
  const flags = libc.fcntl(fd, F.GETFL, 0)
  const set = flags < 0 ? flags : libc.fcntl(fd, F.SETFL, flags | O.NONBLOCK)
  if (set < 0) throw errnoError(set, 'fcntl')
  let untune = (): void => {}
  if (address.type === 'tcp') {
    libc.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, ON)
    untune = tuning.listening(fd, keepAlive)
  }
  let stop: () => void
  try {
    stop = accept()
  } catch (error) {
    untune()
    throw error
  }
  return {
    address,
    close: async () => {
      stop()
      untune()
    },
  }
}
