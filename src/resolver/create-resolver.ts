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
import { createInquiry } from './inquiry.ts'
import { classifyHost } from './literal.ts'
import type { Host } from './literal.ts'
import { localhostAnswer } from './localhost.ts'
import { createNat64 } from './nat64/create-nat64.ts'
import type { ResolverOptions } from './resolver-options.ts'
import { createSystemConfig } from './system-config.ts'
import { createSurroundings } from './surroundings.ts'
import { createSystemQuery } from './system.ts'
import type { GetAddrInfo } from './system.ts'
import type { Answer, Families, Resolver } from './types.ts'
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
   * Eyeballs v3, rule H1), unless a NAT64 leads to it; what is known without DNS is not concerned.
   * Default: both.
   */
  readonly families?: () => Families | Promise<Families>
  /** Another number than before: this host's addresses have changed, and answers of the old network are void. Default: never. */
  readonly epoch?: () => number
  readonly getAddrInfo?: GetAddrInfo
}

type Update = (answer: Answer) => void

const BOTH_FAMILIES: Families = { ipv4: true, ipv6: true }

const withDefaults = (cache: ResolverOptions['cache'] = {}): CacheOptions => {
  const given = Object.entries(cache).filter(([, value]) => value !== undefined)
  return { ...CACHE_DEFAULTS, ...(Object.fromEntries(given) as Partial<CacheOptions>) }
}

/**
 * The resolver of a process. A host is looked for in this order, and the first source that knows it
 * has the last word: it is an address; it is `localhost` or below it; `hosts` of the options;
 * /etc/hosts; the cache and DNS, or the cache and the C library. On a host with IPv6 alone, IPv4
 * addresses from any of them become those of the network's NAT64.
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
  const around = createSurroundings({
    // The C library reads its own.
    config: () => (mode === 'dns' ? systemConfig.current() : around.config()),
    families,
    epoch: deps.epoch ?? (() => 0),
    onChange: () => {
      cached.forget()
      client.forget()
      nat64.forget()
    },
  })
  const client = createDnsClient({
    servers: () => around.config().servers,
    timeoutMs,
    attempts,
    clock,
    ask: deps.ask ?? createAskServer(),
  })
  const cached = createCachedQuery(
    mode === 'dns' ? client.query : createSystemQuery(deps.getAddrInfo),
    createCache(withDefaults(options.cache), clock),
  )

  const nat64 = createNat64(
    options.nat64 ?? 'auto',
    // No search domain belongs behind its name. The C library puts one there unless a dot is.
    (name, ...rest) => cached.query(mode === 'system' ? `${name}.` : name, ...rest),
    clock,
  )
  const inquiry = createInquiry({ mode, records, families, around, cached, nat64 })

  const lookupName = (
    host: Host & { readonly kind: 'name' },
    record: RecordType,
    update: Update | undefined,
  ): Answer | Promise<Answer> => {
    const { name } = host
    const local = localhostAnswer(name, record)
    const fixed = local ?? hostsAnswer(staticHosts, name, record)
    if (!records.includes(record)) {
      return { ok: false, code: 'ENODATA', source: fixed?.source ?? mode }
    }
    if (local) return local
    if (fixed) return inquiry.present(fixed, record)
    const go = (table: HostsTable): Answer | Promise<Answer> => {
      const listed = hostsAnswer(table, name, record)
      return listed ? inquiry.present(listed, record) : inquiry.ask(host, record, update)
    }
    const [table, looked] = [hostsFile.current(), around.look()]
    return table instanceof Promise || looked
      ? Promise.all([table, looked]).then(([names]) => go(names))
      : go(table)
  }

  /** The families of a host are asked for one behind the other: the second finds here what the first has read. */
  let lastText = ''
  let lastHost = classifyHost(lastText)
  const hostOf = (text: string): Host => {
    if (text !== lastText) {
      lastHost = classifyHost(text)
      lastText = text
    }
    return lastHost
  }

  const start = (
    text: string,
    record: RecordType,
    update: Update | undefined,
  ): Answer | Promise<Answer> => {
    if (closed) return { ok: false, code: 'ECANCELLED', source: mode }
    const host = hostOf(text)
    switch (host.kind) {
      case 'invalid':
        return { ok: false, code: 'ERR_INVALID_NAME', source: 'literal' }
      case 'literal': {
        if (host.ip.family !== familyOf(record) || !records.includes(record)) {
          return { ok: false, code: 'ENODATA', source: 'literal' }
        }
        const addresses = [formatIp(host.ip)]
        return inquiry.present({ ok: true, addresses, ttl: null, source: 'literal' }, record)
      }
      case 'name':
        return lookupName(host, record, update)
    }
  }

  return {
    lookup: (text, record, update) => {
      // Whoever asked has the answer before an update of it, however fast that is.
      const later =
        update &&
        ((answer: Answer): void => {
          void Promise.resolve()
            .then(() => answered)
            .then(() => update(answer))
        })
      const answered = start(text, record, later)
      return answered
    },
    close: () => {
      closed = true
      cached.close()
      client.close()
    },
  }
}
