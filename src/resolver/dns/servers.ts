import type { Clock } from '../../core/clock.ts'
import { fail } from '../../core/fail.ts'
import { formatHostPort, parseHostPort } from '../../core/host-port.ts'
import { formatIp, parseIp } from '../../core/ip.ts'
import { quote } from '../../core/quote.ts'
import type { Endpoint } from '../../net/network.ts'

/** A DNS server. */
export type DnsServer = {
  /** The identity of the server: its address, with the port if that is not 53. */
  readonly text: string
  readonly endpoint: Endpoint
}

const DNS_PORT = 53

const serverAt = (address: string, port: number): DnsServer | undefined => {
  const ip = parseIp(address)
  if (!ip) return undefined
  const host = formatIp(ip)
  return {
    text: port === DNS_PORT ? host : formatHostPort({ host, port }),
    endpoint: { address: host, family: ip.family, port },
  }
}

/** Parses an address without port, as in resolv.conf; undefined if invalid. */
export const serverOf = (address: string): DnsServer | undefined => serverAt(address, DNS_PORT)

/** Parses an address with or without port; undefined if invalid. */
export const readServer = (text: string): DnsServer | undefined => {
  const alone = serverOf(text)
  if (alone) return alone
  try {
    const { host, port } = parseHostPort(text)
    return serverAt(host, port)
  } catch {
    // The text is not an address with a port either.
    return undefined
  }
}

/**
 * Parses configured servers: `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53`, `[2001:db8::53]:5353`,
 * `fe80::53%eth0`.
 *
 * @throws ERR_INVALID_ADDRESS for the first invalid one
 */
export const readServers = (servers: readonly string[]): readonly DnsServer[] =>
  servers.map(text => {
    const server = readServer(text)
    if (server) return server
    throw fail(
      'ERR_INVALID_ADDRESS',
      `${quote(text)} is not a DNS server; allowed: an IP address, also with a port (192.0.2.53:5353, [2001:db8::53]:5353)`,
      { found: text },
    )
  })

/** Remembers silent servers, so that queries do not wait for a dead server again and again. */
export type ServerList = {
  /**
   * Sorts the servers: first those that answer, as configured, then the silent ones, the most recently
   * answering first. If no server answers for a name, all become silent, and one that never answered must
   * not come before one that answered a second ago.
   */
  readonly order: (servers: readonly DnsServer[]) => readonly DnsServer[]
  /** Returns the silent servers that are due for a probe, and schedules their next probe. */
  readonly takeProbes: (servers: readonly DnsServer[]) => readonly DnsServer[]
  /** The server has responded, with whatever result. */
  readonly answered: (server: string) => void
  /** The server did not answer a query that was sent at `askedAt` (clock time). */
  readonly silent: (server: string, askedAt: number) => void
  /** Clears all state; a server that does not answer a query from before this call is not marked silent. */
  readonly forget: () => void
}

/**
 * How often a silent server is probed while another one answers: a server of a private network is soon used
 * again, at the cost of one packet in five seconds.
 */
const PROBE_INTERVAL_MS = 5000

const NEVER = Number.NEGATIVE_INFINITY

export const createServerList = (clock: Clock): ServerList => {
  const answeredAt = new Map<string, number>()
  /** The time of the next probe of each silent server. */
  const probeAt = new Map<string, number>()
  let forgottenAt = NEVER
  return {
    order: servers => {
      if (probeAt.size === 0) return servers
      const rank = ({ text }: DnsServer): number =>
        probeAt.has(text) ? -(answeredAt.get(text) ?? NEVER) : NEVER
      // Equal ranks must return 0, because NEVER - NEVER is NaN; the sort is stable.
      return servers.toSorted((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)))
    },
    takeProbes: servers => {
      if (probeAt.size === 0) return []
      const now = clock.now()
      return servers.filter(({ text }) => {
        const due = now >= (probeAt.get(text) ?? Number.POSITIVE_INFINITY)
        if (due) probeAt.set(text, now + PROBE_INTERVAL_MS)
        return due
      })
    },
    answered: server => {
      answeredAt.set(server, clock.now())
      probeAt.delete(server)
    },
    silent: (server, askedAt) => {
      // A recursive server is silent for a name whose authoritative servers are dead, but answers for
      // others meanwhile.
      if ((answeredAt.get(server) ?? NEVER) >= askedAt || askedAt < forgottenAt) return
      probeAt.set(server, clock.now() + PROBE_INTERVAL_MS)
    },
    forget: () => {
      answeredAt.clear()
      probeAt.clear()
      forgottenAt = clock.now()
    },
  }
}

/** How long a server that does not support EDNS is asked without it, in milliseconds. */
export const WITHOUT_EDNS_MS = 600_000

/** Remembers which servers support EDNS (RFC 6891 section 6.2.2). */
export type EdnsMemory = {
  /** Whether to ask a server with EDNS; false only if it is known not to support it. */
  readonly isUsed: (server: string) => boolean
  /** Whether the server has ever answered a query with EDNS. */
  readonly isKnown: (server: string) => boolean
  /** The server has answered a query with EDNS. */
  readonly answered: (server: string) => void
  /** The server has rejected a query with EDNS, or answers only queries without it. */
  readonly refused: (server: string) => void
  readonly forget: () => void
}

export const createEdnsMemory = (clock: Pick<Clock, 'now'>): EdnsMemory => {
  const known = new Set<string>()
  const refusedAt = new Map<string, number>()
  return {
    isUsed: server => {
      const at = refusedAt.get(server)
      if (at === undefined) return true
      if (clock.now() - at < WITHOUT_EDNS_MS) return false
      refusedAt.delete(server)
      return true
    },
    isKnown: server => known.has(server),
    answered: server => void known.add(server),
    refused: server => {
      known.delete(server)
      refusedAt.set(server, clock.now())
    },
    forget: () => {
      known.clear()
      refusedAt.clear()
    },
  }
}
