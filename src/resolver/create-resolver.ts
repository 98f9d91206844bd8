import type { Clock } from '../core/clock.ts'
import { fail } from '../core/fail.ts'
import { familyOf } from '../core/family.ts'
import type { RecordType } from '../core/family.ts'
import { formatIp } from '../core/ip.ts'
import { createAskServer } from './ask-server.ts'
import type { AskServer } from './ask-server.ts'
import { createCachedQuery } from './cached-query.ts'
import { CACHE_DEFAULTS, createCache } from './cache.ts'
import type { CacheOptions } from './cache.ts'
import { checkServers, readSystemServers } from './dns-servers.ts'
import { createDnsClient } from './dns.ts'
import { fileReader } from './file-reader.ts'
import type { FileReader } from './file-reader.ts'
import { HOSTS_MAX_BYTES, hostsAnswer, hostsFromConfig, parseHosts } from './hosts.ts'
import type { HostsTable } from './hosts.ts'
import { classifyHost } from './literal.ts'
import type { Host } from './literal.ts'
import { localhostAnswer } from './localhost.ts'
import { NDOTS_DEFAULT } from './resolv-conf.ts'
import type { ResolverOptions } from './resolver-options.ts'
import { createSearch } from './search.ts'
import { createSystemConfig } from './system-config.ts'
import type { SystemConfig } from './system-config.ts'
import { createSystemQuery } from './system.ts'
import type { GetAddrInfo } from './system.ts'
import type { Answer, Resolver } from './types.ts'
import { createWatchedFile } from './watched-file.ts'

/** What a resolver needs of the world. Only the clock has no default. */
export type ResolverDeps = {
  readonly clock: Clock
  readonly files?: FileReader
  /** Default `/etc/hosts`. */
  readonly hostsPath?: string
  /** Default `/etc/resolv.conf`. */
  readonly resolvConfPath?: string
  /** The servers that the system is configured with; asked again when resolv.conf has changed. */
  readonly systemServers?: () => readonly string[]
  readonly ask?: AskServer
  /**
   * The families in which this host has connectivity. DNS is not asked for the other one (Happy
   * Eyeballs v3, rule H1); what is known without DNS is not concerned. Default: both.
   */
  readonly families?: () => Families | Promise<Families>
  readonly getAddrInfo?: GetAddrInfo
}

/** Which families are worth asking for. */
export type Families = { readonly ipv4: boolean; readonly ipv6: boolean }

const BOTH_FAMILIES: Families = { ipv4: true, ipv6: true }

const withDefaults = (cache: ResolverOptions['cache'] = {}): CacheOptions => {
  const given = Object.entries(cache).filter(([, value]) => value !== undefined)
  return { ...CACHE_DEFAULTS, ...(Object.fromEntries(given) as Partial<CacheOptions>) }
}

/**
 * The resolver of a process. A host is looked for in this order, and the first source that knows it
 * has the last word: it is an address; it is `localhost` or below it; `hosts` of the options;
 * /etc/hosts; the cache and DNS, or the cache and the C library.
 *
 * A lookup never rejects. A host that cannot exist is ERR_INVALID_NAME, and nothing is asked for it;
 * the other family of an address, and a family that is switched off, is ENODATA. Whoever creates it
 * closes it.
 *
 * @throws ERR_INVALID_ADDRESS, ERR_INVALID_NAME or ERR_INVALID_ARG for options that make no sense
 */
export const createResolver = (options: ResolverOptions, deps: ResolverDeps): Resolver => {
  const { mode = 'dns', timeoutMs = 2000, attempts = 2, ipv4 = true, ipv6 = true } = options
  const { clock, files = fileReader, systemServers = readSystemServers } = deps
  const { families = () => BOTH_FAMILIES } = deps
  if (!ipv4 && !ipv6) {
    throw fail('ERR_INVALID_ARG', 'ipv4 and ipv6 are both false: one of them must be true')
  }
  // AAAA first, immediately followed by A (RFC 8305 section 3, Q1).
  const records: RecordType[] = [
    ...(ipv6 ? ['AAAA' as const] : []),
    ...(ipv4 ? ['A' as const] : []),
  ]
  const staticHosts = hostsFromConfig(options.hosts ?? {})
  let closed = false

  const hostsFile = createWatchedFile({
    path: deps.hostsPath ?? '/etc/hosts',
    maxBytes: HOSTS_MAX_BYTES,
    parse: parseHosts,
    files,
    clock,
  })
  const systemConfig = createSystemConfig({
    path: deps.resolvConfPath ?? '/etc/resolv.conf',
    files,
    clock,
    systemServers,
    servers: options.servers?.length ? checkServers(options.servers) : undefined,
    search: options.search,
    ndots: options.ndots,
  })
  let known: SystemConfig = { servers: [], search: [], ndots: NDOTS_DEFAULT }
  let connected = BOTH_FAMILIES
  const asked = (): readonly RecordType[] =>
    records.filter(record => (record === 'A' ? connected.ipv4 : connected.ipv6))

  const client = createDnsClient({
    servers: () => known.servers,
    timeoutMs,
    attempts,
    clock,
    ask: deps.ask ?? createAskServer(),
  })
  const cached = createCachedQuery(
    mode === 'dns' ? client.query : createSystemQuery(deps.getAddrInfo),
    createCache(withDefaults(options.cache), clock),
  )
  const search = createSearch(cached.query, () => known, asked)

  const query = (name: string, absolute: boolean, record: RecordType): Promise<Answer> =>
    new Promise(settle => {
      // The C library puts its own search domains behind a name, unless it ends in a dot.
      if (mode === 'system') cached.query(absolute ? `${name}.` : name, record, settle)
      else search(name, absolute, record, settle)
    })

  const lookupName = (
    { name, absolute }: Host & { kind: 'name' },
    record: RecordType,
  ): Answer | Promise<Answer> => {
    const fixed = localhostAnswer(name, record) ?? hostsAnswer(staticHosts, name, record)
    if (!records.includes(record)) {
      return { ok: false, code: 'ENODATA', source: fixed?.source ?? mode }
    }
    if (fixed) return fixed
    const go = (
      table: HostsTable,
      config: SystemConfig,
      usable: Families,
    ): Answer | Promise<Answer> => {
      known = config
      connected = usable
      const listed = hostsAnswer(table, name, record)
      if (listed) return listed
      if (!asked().includes(record)) return { ok: false, code: 'ENODATA', source: mode }
      return query(name, absolute, record)
    }
    const table = hostsFile.current()
    const config = mode === 'dns' ? systemConfig.current() : known
    const usable = families()
    return table instanceof Promise || config instanceof Promise || usable instanceof Promise
      ? Promise.all([table, config, usable]).then(([names, settings, both]) =>
          go(names, settings, both),
        )
      : go(table, config, usable)
  }

  return {
    lookup: async (text, record) => {
      if (closed) return { ok: false, code: 'ECANCELLED', source: mode }
      const host = classifyHost(text)
      switch (host.kind) {
        case 'invalid':
          return { ok: false, code: 'ERR_INVALID_NAME', source: 'literal' }
        case 'literal':
          return host.ip.family === familyOf(record) && records.includes(record)
            ? { ok: true, addresses: [formatIp(host.ip)], ttl: null, source: 'literal' }
            : { ok: false, code: 'ENODATA', source: 'literal' }
        case 'name':
          return lookupName(host, record)
      }
    },
    close: () => {
      closed = true
      cached.close()
      client.close()
    },
  }
}
