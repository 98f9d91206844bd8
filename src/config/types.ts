import type { Users } from '../auth/users-file.ts'
import type { HostPort } from '../core/host-port.ts'
import type { ListenAddress } from '../core/listen-address.ts'
import type { Loaded } from './section.ts'
import type { ADMIN } from './table/admin.ts'
import type { CONFIG } from './table/config.ts'
import type { LISTENER } from './table/listeners.ts'

type ListenerBase = Pick<
  Loaded<typeof LISTENER.keys>,
  'mode' | 'group' | 'clients' | 'open' | 'proxyProtocol' | 'egress'
> & {
  readonly name: string
  /** At least one. */
  readonly listen: readonly ListenAddress[]
  /**
   * True if the addresses were not chosen one by one (the default, `localhost`, `-L` without BIND). An
   * address that this host does not have (EADDRNOTAVAIL) is then skipped, as long as another one can be
   * opened.
   */
  readonly optionalAddresses: boolean
}

/** The users file of a listener. */
export type UsersFile = {
  /** As written in the configuration; absolute in a loaded one. */
  readonly path: string
  /** The users that the configuration itself names. */
  readonly others: Users
}

/** Who may log in to a listener. */
export type ListenerLogins = {
  /** All users, those of the file included. Null if no login is required; otherwise never empty. */
  readonly users: Users | null
  /** Null if there is no such file. */
  readonly usersFile: UsersFile | null
  /** Whether the connections of a removed user are ended. */
  readonly revoke: boolean
}

/** A listener whose clients name their target. */
export type ClientListenerConfig = ListenerBase &
  ListenerLogins & { readonly protocol: 'mixed' | 'socks' | 'http' }

export type ForwardListenerConfig = ListenerBase & {
  readonly protocol: 'forward'
  /** One target, or several that are raced together. */
  readonly target: readonly HostPort[]
}

export type ListenerConfig = ClientListenerConfig | ForwardListenerConfig

export type AdminConfig = Omit<Loaded<typeof ADMIN.keys>, 'listen'> & {
  /** Empty (default): no endpoint. */
  readonly listen: readonly ListenAddress[]
  /** True if it was written as `localhost`: one of the two addresses is then enough. */
  readonly optionalAddresses: boolean
}

/**
 * The complete configuration of the daemon: defaults are filled in, texts are converted, durations are
 * milliseconds, and what is off or left to the system is null. The table (`table/`) describes each key.
 */
export type Config = Omit<Loaded<typeof CONFIG.keys>, 'listeners' | 'admin'> & {
  /** At least one. Names are unique, and so are addresses. */
  readonly listeners: readonly ListenerConfig[]
  readonly admin: AdminConfig
}

export type EgressConfig = Config['egress']
export type PipeConfig = Config['pipe']
