import { randomInt } from 'node:crypto'
import { hostname } from 'node:os'
import process from 'node:process'
import type { OnExhausted } from '../net/exhausted.ts'
import { EXHAUSTED } from '../net/exhausted.ts'
import { systemServers } from '../net/host/system-servers.ts'
import { createSystemLookup } from '../net/system-lookup/create-system-lookup.ts'
import { createOpenMessageStream } from '../net/tcp/open-message-stream.ts'
import { createOpenUdp } from '../net/udp/open-udp.ts'
import type { OpenUdp } from '../net/udp/types.ts'
import type { ResolverDeps } from '../resolver/create-resolver.ts'
import { createQueryLoad } from '../resolver/query-load.ts'

/** What lookups need from the host besides network and clock; all resolvers of a process share it. */
export type LookupParts = Omit<ResolverDeps, 'clock' | 'families' | 'epoch' | 'load'> &
  Required<Pick<ResolverDeps, 'load'>>

const IDS = 65_536

/** Wraps `openUdp` and calls `onExhausted` if the system has no descriptor or memory for a socket. */
const reporting =
  (open: OpenUdp, onExhausted: OnExhausted | undefined): OpenUdp =>
  (endpoint, { message, failed }) =>
    open(endpoint, {
      message,
      failed: code => {
        if (EXHAUSTED.has(code)) onExhausted?.('ask a DNS server', code)
        failed(code)
      },
    })

/**
 * Creates the lookup parts of this host.
 *
 * @param hasInterface whether this host has an interface of that name
 * @param queriesMax maximum number of DNS queries in flight, and so of their sockets; 1 or more
 */
export const createHostLookups = ({
  hasInterface,
  queriesMax,
  onHostsCut,
  onExhausted,
}: {
  readonly hasInterface: (name: string) => boolean
  readonly queriesMax: number
  readonly onHostsCut?: ResolverDeps['onHostsCut']
  readonly onExhausted?: OnExhausted
}): LookupParts => ({
  transport: {
    openUdp: reporting(createOpenUdp(hasInterface), onExhausted),
    openStream: createOpenMessageStream(hasInterface),
    randomId: () => randomInt(IDS),
  },
  openSystemLookup: () => createSystemLookup(),
  systemServers: () => systemServers(),
  load: createQueryLoad(queriesMax),
  env: process.env,
  ...(process.platform === 'linux' && { hostname }),
  ...(onHostsCut && { onHostsCut }),
})
