import type { Egress } from '../core/egress.ts'
import { PLAIN_EGRESS } from '../core/egress.ts'
import type { HostPort } from '../core/host-port.ts'
import type { Dial } from '../eyeballs/types.ts'
import { createInterfaces } from '../net/host/interfaces.ts'
import type { LoopbackPeers } from '../net/host/loopback-peers.ts'
import { openLoopbackPeers } from '../net/host/loopback-peers.ts'
import { openFilesLimit } from '../net/host/open-files.ts'
import { createRealClock } from '../net/host/real-clock.ts'
import { createSourceTurns } from '../net/host/source-address.ts'
import type { HostNetwork, HostNetworkParts } from '../net/host-network.ts'
import type { SourceAddress } from '../net/network.ts'
import { createNodeEgress } from '../net/node/node-egress.ts'
import { createNodeNetwork } from '../net/node/node-network.ts'
import { createSocketTuning } from '../net/socket-tuning.ts'
import { queriesMax } from '../resolver/query-load.ts'
import type { Lookup } from '../resolver/types.ts'
import type { CreateDialerOptions } from './create-dialer.ts'
import { createDialer, createHostLookups } from './create-dialer.ts'

/** Timeout in milliseconds, generous for loopback on a busy host. If it expires, only the first race is slower. */
const LIMIT_MS = 500

/** RFC 2606 section 2: names under `.invalid` never exist. */
const NO_NAME = 'warm-up.invalid'

/** Races one target; its DNS server listens on this port of 127.0.0.1. */
type WarmUpRace = (target: HostPort, dnsPort: number, signal: AbortSignal) => Promise<void>

/**
 * Runs races on loopback: one that connects, one that is refused, and one whose name does not exist. Node
 * loads parts of itself on first use, which takes up to 40 ms and would otherwise be measured in the first
 * race. It never rejects.
 */
export const warmUp = async (
  race: WarmUpRace,
  openPeers: () => Promise<LoopbackPeers>,
): Promise<void> => {
  let peers: LoopbackPeers
  try {
    peers = await openPeers()
  } catch {
    return
  }
  const signal = AbortSignal.timeout(LIMIT_MS)
  const targets = [
    { host: '127.0.0.1', port: peers.tcpPort },
    // Usually no process listens on this port for TCP.
    { host: '127.0.0.1', port: peers.dnsPort },
    { host: NO_NAME, port: peers.tcpPort },
  ]
  await Promise.allSettled(targets.map(target => race(target, peers.dnsPort, signal)))
  peers.close()
}

/** Races and their parts on this host, for a command that runs a few races and exits. */
export type Races = {
  /** Runs one race; the caller must destroy the socket of the winner. */
  readonly dial: Dial<{ readonly destroy: () => unknown }>
  readonly lookup: Lookup
  /** Returns the source address that this host would use for a destination. */
  readonly source: (address: string) => Promise<SourceAddress> | SourceAddress
  /** This host's unique local addresses, which the `updated` policy table uses. */
  readonly knownLocal: () => readonly string[]
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  /** Loads the code that a first race needs, so that its times show the network only. It never rejects. */
  readonly warmUp: () => Promise<void>
  /** Releases all resources; call it once, at the end. */
  readonly close: () => void
}

/** Opens this host's network by Node's sockets: of an egress, they have the source addresses and `noDelay`. */
export const openNodeNetwork = (host: HostNetworkParts): HostNetwork => {
  const parts = { ...host, tuning: createSocketTuning(null, null) }
  return { network: createNodeNetwork(parts), egress: createNodeEgress(parts), close: () => {} }
}

/**
 * Creates races with this host's resolver, network and clock.
 *
 * @param openNetwork opens what the races connect by; `openNodeNetwork` by default
 * @throws ERR_INVALID_ADDRESS, ERR_INVALID_NAME or ERR_INVALID_ARG for invalid options; what `openNetwork`
 *   throws
 */
export const openRaces = (
  options: CreateDialerOptions,
  egress: Egress = PLAIN_EGRESS,
  openNetwork: (host: HostNetworkParts) => HostNetwork = openNodeNetwork,
): Races => {
  const clock = createRealClock()
  const interfaces = createInterfaces({ clock })
  const opened = openNetwork({ clock, interfaces, turns: createSourceTurns() })
  const { network: plain, egress: egresses } = opened
  const { facts, dns } = egresses.path(egress)
  const network = { ...plain, ...facts, connect: egresses.connect(egress) }
  const lookups = createHostLookups({
    hasInterface: name => interfaces().names.has(name),
    queriesMax: queriesMax(openFilesLimit()),
  })
  const { dial, resolver } = createDialer(options, {
    clock,
    network,
    lookups: { ...lookups, transport: { ...lookups.transport, ...dns } },
  })
  const raceOnLoopback: WarmUpRace = async (target, dnsPort, signal) => {
    const race = { ...options.race, adaptive: null }
    const servers = [`127.0.0.1:${dnsPort}`]
    const host = { clock, network: plain, lookups }
    const apart = createDialer({ resolver: { servers, search: [], nat64: 'off' }, race }, host)
    try {
      const result = await apart.dial({ targets: [target], signal })
      if (result.outcome === 'won') result.socket.destroy()
    } finally {
      apart.resolver.close()
    }
  }
  return {
    dial,
    lookup: resolver.lookup,
    source: network.source,
    knownLocal: network.knownLocal,
    now: clock.now,
    warmUp: () => warmUp(raceOnLoopback, openLoopbackPeers),
    close: () => {
      resolver.close()
      opened.close()
    },
  }
}
