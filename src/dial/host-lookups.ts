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

/** What looks names up on a host, beside its network and clock: shared by all resolvers of a process. */
export type LookupParts = Omit<ResolverDeps, 'clock' | 'families' | 'epoch' | 'load'> &
  Required<Pick<ResolverDeps, 'load'>>

const IDS = 65_536

/** The same, and says where the system has nothing left for a socket. */
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
 * Lookups on this host.
 *
 * @param hasInterface whether this host has an interface of that name
 * @param queriesMax DNS queries in flight at a time, and so the sockets that they take; 1 or more
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
