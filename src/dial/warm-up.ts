import type { HostPort } from '../core/host-port.ts'
import type { LoopbackPeers } from '../net/host/loopback-peers.ts'

/** Long on loopback, even for a busy host; where it is not enough the first race is a little slow. */
const LIMIT_MS = 500

/** RFC 2606 section 2: no such name exists. */
const NO_NAME = 'warm-up.invalid'

/** One race to a target, whose DNS server is the one on this port of loopback. */
export type WarmUpRace = (target: HostPort, dnsPort: number, signal: AbortSignal) => Promise<void>

/**
 * Runs races that stay on loopback: one that connects, one that is refused, and one whose name does not exist.
 * Node loads parts of itself at their first use, for up to 40 ms, which would otherwise be shown as times of
 * the first race. It never rejects.
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
    // Most likely nobody listens there for TCP.
    { host: '127.0.0.1', port: peers.dnsPort },
    { host: NO_NAME, port: peers.tcpPort },
  ]
  await Promise.allSettled(targets.map(target => race(target, peers.dnsPort, signal)))
  peers.close()
}
