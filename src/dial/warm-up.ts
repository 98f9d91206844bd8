import type { HostPort } from '../core/host-port.ts'
import type { LoopbackPeers } from '../net/host/loopback-peers.ts'

/** Timeout in milliseconds, generous for loopback on a busy host. If it expires, only the first race is slower. */
const LIMIT_MS = 500

/** RFC 2606 section 2: names under `.invalid` never exist. */
const NO_NAME = 'warm-up.invalid'

/** Races one target; its DNS server listens on this port of 127.0.0.1. */
export type WarmUpRace = (target: HostPort, dnsPort: number, signal: AbortSignal) => Promise<void>

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
