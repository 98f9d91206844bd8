import type { Log, LogOptions } from '../log/types.ts'
import type { Listen } from '../net/node/listen.ts'
import type { Transport } from './create-transport.ts'
import type { Agree, Daemon } from './types.ts'

/** What a daemon does otherwise where it is one of several processes that share the listeners. */
export type Share = {
  readonly createLog: (options: LogOptions) => Log
  /** Puts what all processes agree on before this process's own way to listen. */
  readonly aroundListen: (listen: Listen) => Listen
  /** What stands behind the number in ids of connections, so that no two processes make the same. */
  readonly idSuffix: string
  /** Whether, in the configuration that is to be applied, an address that cannot be opened is no error. */
  readonly isLenient: () => boolean
  /** Asks whether all processes go through with a change. */
  readonly agree: Agree
  /** Gets the daemon, and what moves its bytes, before it begins. */
  readonly onAssembled: (
    daemon: Daemon,
    transport: Pick<Transport, 'pipes' | 'relayedBytes'>,
  ) => void
}
