import { isLoopback } from '../../config/listen-addresses.ts'
import type { Config, ListenerConfig } from '../../config/types.ts'
import { fail } from '../../core/fail.ts'
import type { ListenAddress, SocketAddress } from '../../core/listen-address.ts'
import { formatListenAddress } from '../../core/listen-address.ts'
import type { PassedSocket } from '../../net/native/passed-socket.ts'
import type { PassedDescriptor } from './service-environment.ts'

/** A descriptor, and what it is. */
type Passed = PassedDescriptor & { readonly found: PassedSocket }

/** The sockets that the service manager has passed. They stay open as long as the process lives. */
export type PassedSockets = {
  /**
   * Replaces `systemd:NAME` by the sockets of that name, and a TCP address by the socket that is passed for it.
   *
   * @throws ERR_PASSED_SOCKET with the key, what was found and what is expected
   */
  readonly resolve: (config: Config) => Config
  /** The sockets that a resolved configuration does not use, each with its name and address, for people. */
  readonly unused: (config: Config) => readonly string[]
}

const show = ({ name, fd, found }: Passed): string =>
  `${name} (${found.ok ? formatListenAddress(found.address) : `descriptor ${fd}, which ${found.fault}`})`

const refuse = (key: string, address: ListenAddress, message: string): Error =>
  fail('ERR_PASSED_SOCKET', `${key}: found ${formatListenAddress(address)}, ${message}`, { key })

const isGuarded = (listener: ListenerConfig): boolean =>
  listener.open ||
  listener.clients !== null ||
  (listener.protocol !== 'forward' && listener.users !== null)

/** @param inspect finds out what a descriptor is */
export const createPassedSockets = (
  descriptors: readonly PassedDescriptor[],
  inspect: (fd: number) => PassedSocket,
): PassedSockets => {
  const all = descriptors.map((each): Passed => ({ ...each, found: inspect(each.fd) }))

  const named = (key: string, address: ListenAddress & { readonly type: 'systemd' }) => {
    const sockets = all.filter(({ name }) => name === address.name)
    if (sockets.length === 0) {
      const others =
        all.length === 0
          ? 'and systemd has passed no socket; expected one from a socket unit (systemctl start eyeballd.socket)'
          : `and systemd has passed no socket of that name; expected one of: ${all.map(show).join(', ')}, or FileDescriptorName=${address.name} in the socket unit`
      throw refuse(key, address, others)
    }
    return sockets.map(({ fd, found }): SocketAddress => {
      if (found.ok) return found.address
      const message = `but the descriptor ${fd} of that name ${found.fault}; expected a listening TCP or UNIX stream socket (ListenStream=)`
      throw refuse(key, address, message)
    })
  }

  /** The socket that systemd has bound to an address of the configuration, which nobody else can bind. */
  const sameAddress = (address: SocketAddress): SocketAddress => {
    if (address.type === 'unix' || address.port === 0) return address
    const text = formatListenAddress(address)
    const same = all.find(({ found }) => found.ok && formatListenAddress(found.address) === text)
    return same?.found.ok ? same.found.address : address
  }

  const resolveAll = (
    key: string,
    listen: readonly ListenAddress[],
    /** Why an address that others can reach is refused; null if it is allowed. */
    guard: string | null,
  ): readonly ListenAddress[] =>
    listen.flatMap(address => {
      if (address.type !== 'systemd') return [sameAddress(address)]
      const sockets = named(key, address)
      const reachable = sockets.find(each => !isLoopback(each))
      if (!reachable || guard === null) return sockets
      const where = formatListenAddress(reachable)
      throw refuse(key, address, `a socket on ${where}, which others can reach, ${guard}`)
    })

  return {
    resolve: config => ({
      ...config,
      listeners: config.listeners.map((listener, i) => ({
        ...listener,
        listen: resolveAll(
          `listeners[${i}].listen`,
          listener.listen,
          isGuarded(listener)
            ? null
            : 'with nothing that says who may use it; expected a socket on loopback, or with it auth, clients or open: true',
        ),
      })),
      admin: {
        ...config.admin,
        listen: resolveAll(
          'admin.listen',
          config.admin.listen,
          config.admin.token === null
            ? 'and no token; expected a socket on loopback, a UNIX socket, or with it admin.token'
            : null,
        ),
      },
    }),
    unused: ({ listeners, admin }) => {
      const used = new Set(
        [...listeners, admin].flatMap(({ listen }) =>
          listen.map(address => (address.type === 'systemd' ? undefined : address.passed)),
        ),
      )
      return all.filter(({ fd }) => !used.has(fd)).map(show)
    },
  }
}
