import { isLoopback } from '../../config/listen-addresses.ts'
import type { Config, ListenerConfig } from '../../config/types.ts'
import { codeOf, errorOf, fail, failFrom } from '../../core/fail.ts'
import type { ListenAddress, SocketAddress } from '../../core/listen-address.ts'
import { formatListenAddress, socketAddresses } from '../../core/listen-address.ts'
import type { PassedSocket } from '../../net/native/passed-socket.ts'
import { mayClash } from '../requested-listeners.ts'
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
  /**
   * The error of an address in use as one that names the passed socket in the way, if there is one.
   *
   * @param config the resolved one that could not be applied
   */
  readonly explain: (config: Config, error: unknown) => Error
  /** The sockets that a resolved configuration does not use, each with its name and address, for people. */
  readonly unused: (config: Config) => readonly string[]
}

const show = ({ name, fd, found }: Passed): string =>
  `${name} (${found.ok ? formatListenAddress(found.address) : `descriptor ${fd}, which ${found.fault}`})`

/** As many are named; a wrong LISTEN_FDS may be in the thousands. */
const SHOWN_MAX = 10

const showAll = (passed: readonly Passed[]): readonly string[] => {
  const shown = passed.slice(0, SHOWN_MAX).map(show)
  return passed.length > SHOWN_MAX ? [...shown, `${passed.length - SHOWN_MAX} more`] : shown
}

const refuse = (key: string, address: ListenAddress, message: string): Error =>
  fail('ERR_PASSED_SOCKET', `${key}: found ${formatListenAddress(address)}, ${message}`, { key })

const isGuarded = (listener: ListenerConfig): boolean =>
  listener.open ||
  listener.clients !== null ||
  (listener.protocol !== 'forward' && listener.users !== null)

/** The addresses of a configuration, each with the key of its list. */
const keyed = ({ listeners, admin }: Config): readonly (readonly [string, SocketAddress])[] =>
  [
    ...listeners.map(({ listen }, i) => [`listeners[${i}].listen`, listen] as const),
    ['admin.listen', admin.listen] as const,
  ].flatMap(([key, listen]) =>
    socketAddresses(listen).map((address): [string, SocketAddress] => [key, address]),
  )

/** Two listeners would take each other's connections from one socket. */
const checkOnce = (config: Config): void => {
  const users = new Map<number, string>()
  for (const [key, address] of keyed(config)) {
    if (address.passed === undefined) continue
    const other = users.get(address.passed)
    if (other !== undefined)
      throw refuse(
        key,
        address,
        `a passed socket that ${other} has too; expected each socket in one place`,
      )
    users.set(address.passed, key)
  }
}

/** Whether a socket keeps another one from being bound. One on `::` may be for IPv4 too. */
const blocks = (passed: SocketAddress, wanted: SocketAddress): boolean =>
  mayClash(passed, wanted) ||
  (passed.type === 'tcp' &&
    wanted.type === 'tcp' &&
    passed.host === '::' &&
    passed.port === wanted.port)

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
          : `and systemd has passed no socket of that name; expected one of: ${showAll(all).join(', ')}, or FileDescriptorName=${address.name} in the socket unit`
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

  const resolve = (config: Config): Config => ({
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
  })

  return {
    resolve: config => {
      const resolved = resolve(config)
      checkOnce(resolved)
      return resolved
    },
    explain: (config, thrown) => {
      const error = errorOf(thrown)
      if (codeOf(error) !== 'EADDRINUSE') return error
      for (const [, wanted] of keyed(config)) {
        const text = formatListenAddress(wanted)
        const inTheWay = all.find(({ found }) => found.ok && blocks(found.address, wanted))
        if (wanted.passed !== undefined || !inTheWay || !error.message.includes(` ${text}:`))
          continue
        const remedy =
          wanted.type === 'unix'
            ? `listen: systemd:${inTheWay.name}`
            : `ListenStream=${text} in the socket unit, in place of that`
        return failFrom(
          error,
          `cannot listen on ${text}: systemd has bound ${show(inTheWay)}; expected ${remedy}`,
        )
      }
      return error
    },
    unused: config => {
      const used = new Set(keyed(config).map(([, { passed }]) => passed))
      return showAll(all.filter(({ fd }) => !used.has(fd)))
    },
  }
}
