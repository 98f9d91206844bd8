import type { Clock } from '../core/clock.ts'
import { fail } from '../core/fail.ts'
import type { ReadIp, RecordType } from '../core/ip.ts'
import { familyOf, formatIp } from '../core/ip.ts'
import type { Requester } from '../core/requester.ts'
import type { SystemLookup } from '../net/system-lookup/create-system-lookup.ts'
import { createCache, createCachedQuery } from './cache.ts'
import { createDnsSource } from './dns/client.ts'
import type { DnsTransport } from './dns/ask-server.ts'
import { loadHosts } from './hosts/hosts-file.ts'
import type { HostsTable } from './hosts/table.ts'
import { NO_HOSTS, hostsAnswer, hostsFromConfig, localhostAnswer } from './hosts/table.ts'
import type { Host } from './literal.ts'
import { classifyHost } from './literal.ts'
import { createNat64 } from './nat64/create-nat64.ts'
import { createNetworkLookup, createNetworkState } from './network-lookup.ts'
import type { ResolverObserver } from './observe-queries.ts'
import { observeQueries } from './observe-queries.ts'
import type { QueryLoad } from './query-load.ts'
import { createQueryLoad } from './query-load.ts'
import type { ResolvEnv } from './resolv-conf.ts'
import type { ResolverOptions } from './resolver-options.ts'
import { cacheOptionsOf } from './resolver-options.ts'
import { candidateNames } from './search.ts'
import { NOTHING_CONFIGURED, createSystemConfig, givenConfig } from './system-config.ts'
import { createSystemSource, systemLimitMs } from './system-source.ts'
import type { Answer, Families, Resolver } from './types.ts'
import type { FileReader } from './watched-file.ts'
import { createWatchedFile, fileReader } from './watched-file.ts'

/** Dependencies of a resolver. */
export type ResolverDeps = {
  readonly clock: Clock
  /** Sockets to DNS servers. */
  readonly transport: DnsTransport
  /** Opens access to the C library, for `mode: system`. */
  readonly openSystemLookup: () => SystemLookup
  /** Returns the system's DNS servers if resolv.conf names none; called again when resolv.conf changes. */
  readonly systemServers: () => readonly string[]
  /** Limits concurrent queries, shared with the other resolvers of the process. Default: a limit of its own. */
  readonly load?: QueryLoad
  /** The environment variables. Default: empty. */
  readonly env?: ResolvEnv
  /** This host's name, whose domain the C library uses as a search domain. Default: none. */
  readonly hostname?: () => string
  readonly files?: FileReader
  /** Default `/etc/hosts`. */
  readonly hostsPath?: string
  /** Default `/etc/resolv.conf`. */
  readonly resolvConfPath?: string
  /** Called once per change of the hosts file if it exceeds this number of bytes; the rest is not read. */
  readonly onHostsCut?: (path: string, maxBytes: number) => void
  /** Counts queries and uses of the cache. Default: nobody does. */
  readonly observer?: ResolverObserver
  /**
   * The families in which this host has connectivity. DNS is not asked for the other family
   * (draft-ietf-happy-happyeyeballs-v3 section 4.1), unless a NAT64 leads to it. Answers that need no DNS
   * are not affected. Default: both.
   */
  readonly families?: () => Families | Promise<Families>
  /**
   * Returns another number after this host's addresses have changed, which invalidates cached answers.
   * Default: constant.
   */
  readonly epoch?: () => number
}

type Update = (answer: Answer) => void

const BOTH_FAMILIES: Families = { ipv4: true, ipv6: true }

/**
 * Creates the resolver of a process. The first source that knows a host answers: an IP address; `localhost`
 * and names below it; `hosts` of the options; /etc/hosts; the cache and DNS or the C library. On a host
 * with IPv6 only, IPv4 addresses from any source become addresses of the network's NAT64.
 *
 * A lookup never rejects. An invalid host is ERR_INVALID_NAME without a query; the other family of an IP
 * address, and a family that is switched off, is ENODATA. The caller must close the resolver.
 *
 * @throws ERR_INVALID_ADDRESS, ERR_INVALID_NAME or ERR_INVALID_ARG for invalid options
 */
export const createResolver = (options: ResolverOptions, deps: ResolverDeps): Resolver => {
  const { mode = 'dns', ipv4 = true, ipv6 = true } = options
  const { clock, files = fileReader, hostsPath = '/etc/hosts' } = deps
  const { families = () => BOTH_FAMILIES, observer, load = createQueryLoad() } = deps
  if (!ipv4 && !ipv6) {
    throw fail('ERR_INVALID_ARG', 'ipv4 and ipv6 are both false: one of them must be true')
  }
  // AAAA first, immediately followed by A (RFC 8305 section 3).
  const records: RecordType[] = [
    ...(ipv6 ? ['AAAA' as const] : []),
    ...(ipv4 ? ['A' as const] : []),
  ]
  const staticHosts = hostsFromConfig(options.hosts ?? {})
  let closed = false

  const hostsFile = createWatchedFile({
    path: hostsPath,
    load: () => loadHosts(files, hostsPath, maxBytes => deps.onHostsCut?.(hostsPath, maxBytes)),
    none: () => NO_HOSTS,
    files,
    clock,
  })
  const systemConfig = createSystemConfig({
    path: deps.resolvConfPath ?? '/etc/resolv.conf',
    files,
    clock,
    env: deps.env ?? {},
    systemServers: deps.systemServers,
    given: givenConfig(options, deps.hostname ?? (() => '')),
  })
  const network = createNetworkState({
    config: systemConfig.current,
    families,
    epoch: deps.epoch ?? (() => 0),
    onChange: () => {
      cached.forget()
      source.forget()
      nat64.forget()
    },
  })
  const source =
    mode === 'dns'
      ? createDnsSource({
          settings: network.config,
          clock,
          transport: deps.transport,
          load,
        })
      : createSystemSource({
          lookup: deps.openSystemLookup(),
          clock,
          load,
          timeoutMs: () => systemLimitMs(network.config()),
        })
  const cached = createCachedQuery(
    observer ? observeQueries(source.query, clock, observer) : source.query,
    createCache(cacheOptionsOf(options), clock),
    source.slots,
    observer?.onCache,
  )

  const nat64 = createNat64(
    options.nat64 ?? 'auto',
    // This name takes no search domain; the C library appends one unless the name ends in a dot.
    (name, ...rest) => cached.query(mode === 'system' ? `${name}.` : name, ...rest),
    clock,
  )
  const networkLookup = createNetworkLookup({ mode, records, families, network, cached, nat64 })

  const lookupName = (
    host: Host & { readonly kind: 'name' },
    record: RecordType,
    update: Update | undefined,
    requester: Requester | undefined,
  ): Answer | Promise<Answer> => {
    const { name } = host
    if (!records.includes(record)) return { ok: false, code: 'ENODATA', source: 'none' }
    const local = localhostAnswer(name, record)
    if (local) return local
    const fixed = hostsAnswer(staticHosts, name, record)
    if (fixed) return networkLookup.adapt(fixed, record)
    const go = (table: HostsTable): Answer | Promise<Answer> => {
      const listed = hostsAnswer(table, name, record)
      return listed
        ? networkLookup.adapt(listed, record)
        : networkLookup.query(host, record, update, requester)
    }
    const [table, updating] = [hostsFile.current(), network.update()]
    return table instanceof Promise || updating
      ? Promise.all([table, updating]).then(([names]) => go(names))
      : go(table)
  }

  /** Both families of a host are looked up one after the other, so the second lookup reuses the parsed text. */
  let lastText = ''
  let lastHost = classifyHost(lastText)
  const hostOf = (text: string, readIp?: ReadIp): Host => {
    if (text !== lastText) {
      lastHost = classifyHost(text, readIp)
      lastText = text
    }
    return lastHost
  }

  const start = (
    text: string,
    record: RecordType,
    update: Update | undefined,
    requester: Requester | undefined,
    readIp: ReadIp | undefined,
  ): Answer | Promise<Answer> => {
    if (closed) return { ok: false, code: 'ECANCELLED', source: mode }
    const host = hostOf(text, readIp)
    switch (host.kind) {
      case 'invalid':
        return { ok: false, code: 'ERR_INVALID_NAME', source: 'literal' }
      case 'literal': {
        if (host.ip.family !== familyOf(record) || !records.includes(record)) {
          return { ok: false, code: 'ENODATA', source: 'literal' }
        }
        const addresses = [formatIp(host.ip)]
        return networkLookup.adapt({ ok: true, addresses, ttl: null, source: 'literal' }, record)
      }
      case 'name':
        return lookupName(host, record, update, requester)
    }
  }

  return {
    lookup: (text, record, update, requester, readIp) => {
      // The caller gets the answer before its update, even if the update is known earlier.
      const later =
        update &&
        ((answer: Answer): void => {
          void Promise.resolve()
            .then(() => answered)
            .then(() => update(answer))
        })
      const answered = start(text, record, later, requester, readIp)
      return answered
    },
    fullNames: text => {
      const host = hostOf(text)
      if (host.kind !== 'name' || host.absolute) return []
      const config = network.config()
      if (config === NOTHING_CONFIGURED) return null
      return candidateNames(host.name, config).filter(each => each !== host.name)
    },
    close: () => {
      closed = true
      cached.close()
      source.close()
    },
  }
}
