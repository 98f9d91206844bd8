import type { Dial } from '../eyeballs/types.ts'
import { createInterfaces } from '../net/host/interfaces.ts'
import { openLoopbackPeers } from '../net/host/loopback-peers.ts'
import { openFilesLimit } from '../net/host/open-files.ts'
import { createRealClock } from '../net/host/real-clock.ts'
import { createNetwork } from '../net/node/network.ts'
import type { SourceAddress } from '../net/types.ts'
import { queriesMax } from '../resolver/query-load.ts'
import type { Lookup } from '../resolver/types.ts'
import type { CreateDialerOptions } from './create-dialer.ts'
import { createDialer } from './create-dialer.ts'
import { createHostLookups } from './host-lookups.ts'
import type { WarmUpRace } from './warm-up.ts'
import { warmUp } from './warm-up.ts'

/** Races and their parts on this host, for one who runs a few and ends. */
export type Races = {
  /** One race; a socket that it brings is the caller's to destroy. */
  readonly dial: Dial<{ readonly destroy: () => unknown }>
  readonly lookup: Lookup
  /** The address that this host would send from. */
  readonly source: (address: string) => Promise<SourceAddress> | SourceAddress
  /** This host's unique local addresses, which the `updated` order heeds. */
  readonly knownLocal: () => readonly string[]
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  /** Loads what a first race would load, so that its times are those of the network. It never rejects. */
  readonly warmUp: () => Promise<void>
  /** Gives back what it holds; to be called once, at the end. */
  readonly close: () => void
}

/**
 * The engine on this host's resolver, network and clock.
 *
 * @throws ERR_INVALID_ADDRESS, ERR_INVALID_NAME or ERR_INVALID_ARG for options that make no sense
 */
export const openRaces = (options: CreateDialerOptions): Races => {
  const clock = createRealClock()
  const interfaces = createInterfaces({ clock })
  const network = createNetwork({ clock, interfaces })
  const lookups = createHostLookups({
    hasInterface: name => interfaces().names.has(name),
    queriesMax: queriesMax(openFilesLimit()),
  })
  const host = { clock, network, lookups }
  const { dial, resolver } = createDialer(options, host)
  const raceOnLoopback: WarmUpRace = async (target, dnsPort, signal) => {
    const race = { ...options.race, adaptive: null }
    const servers = [`127.0.0.1:${dnsPort}`]
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
    close: resolver.close,
  }
}
