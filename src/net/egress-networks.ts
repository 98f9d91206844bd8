import type { Egress, EgressPath } from '../core/egress.ts'
import type { Family } from '../core/ip.ts'
import type { HostFacts } from './host/host-facts.ts'
import type { Connect } from './network.ts'
import type { OpenMessageStream } from './node/open-message-stream.ts'
import type { OpenUdp } from './node/open-udp.ts'

/** What this host cannot do of an egress. */
export type MissingEgress = {
  readonly key: keyof Egress
  /** For people, after what was found: `which needs ...`. */
  readonly reason: string
}

/** This host as seen from one path, and sockets to DNS servers that leave by it. */
export type PathNetwork = {
  readonly facts: HostFacts
  readonly dns: {
    readonly openUdp: OpenUdp
    readonly openStream: OpenMessageStream
    /** Whether servers of a family can be asked. */
    readonly uses: (family: Family) => boolean
  }
}

/** Networks that leave this host by another way than the system's. `S` is a connected socket. */
export type EgressNetworks<S> = {
  /**
   * Tries the options on sockets that it closes at once. An interface or a source address that this host does
   * not have now is no failure, because it may come later: attempts fail until then.
   *
   * @returns the first option that cannot be set here; undefined if all can
   */
  readonly missing: (egress: Egress) => MissingEgress | undefined
  readonly connect: (egress: Egress) => Connect<S>
  readonly path: (path: EgressPath) => PathNetwork
}
