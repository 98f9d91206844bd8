import type { Clock } from '../core/clock.ts'
import type { DnsSettings } from './dns/client.ts'
import type { DnsServer } from './dns/servers.ts'
import { readServer, readServers } from './dns/servers.ts'
import type { ResolvConf, ResolvEnv, SearchConfig } from './resolv-conf.ts'
import {
  NDOTS_DEFAULT,
  RESOLV_CONF_MAX_BYTES,
  clampNdots,
  normalizeSearch,
  parseResolvConf,
} from './resolv-conf.ts'
import type { ResolverOptions } from './resolver-options.ts'
import type { FileReader, WatchedFile } from './watched-file.ts'
import { createWatchedFile, readText } from './watched-file.ts'

/** The DNS configuration of this host: servers, how to query them, and search domains. */
export type SystemConfig = SearchConfig & DnsSettings & Pick<ResolvConf, 'singleRequest' | 'noAaaa'>

/** Configured values that replace the system's; undefined if not configured. */
export type GivenConfig = {
  readonly servers: readonly DnsServer[] | undefined
  readonly search: readonly string[] | undefined
  readonly ndots: number | undefined
  readonly timeoutMs: number | undefined
  readonly attempts: number | undefined
  /** The timeout if neither eyeballd's configuration nor resolv.conf has one. */
  readonly defaultTimeoutMs: number
  /** The search domain if resolv.conf has none. */
  readonly defaultDomain: string | undefined
}

/** Default timeout per server in milliseconds, if neither the configuration nor resolv.conf has one. */
export const TIMEOUT_MS = 2000

/** The same default for the C library (resolv.conf(5), `timeout`). */
export const SYSTEM_TIMEOUT_MS = 5000

/** Default attempts per server, equal to that of the C library. */
export const ATTEMPTS = 2

/** The configuration before resolv.conf has been read. */
export const NOTHING_CONFIGURED: SystemConfig = {
  servers: [],
  search: [],
  ndots: NDOTS_DEFAULT,
  timeoutMs: TIMEOUT_MS,
  attempts: ATTEMPTS,
  rotate: false,
  useTcp: false,
  singleRequest: false,
  noAaaa: false,
}

const domainOf = (hostname: string): string | undefined => /\.(.+)/.exec(hostname)?.[1]

/**
 * Returns the options that replace the system's configuration. In `mode: system`, servers and search
 * domains are ignored, because the C library does not know them.
 *
 * @param hostname this host's name; glibc searches its domain if resolv.conf has none (resolv.conf(5))
 * @throws ERR_INVALID_ADDRESS for an invalid server
 */
export const givenConfig = (
  { mode, servers, search, ndots, timeoutMs, attempts }: ResolverOptions,
  hostname: () => string,
): GivenConfig => {
  const given = servers?.length ? readServers(servers) : undefined
  return mode === 'system'
    ? {
        servers: undefined,
        search: undefined,
        ndots: undefined,
        timeoutMs,
        attempts,
        defaultTimeoutMs: SYSTEM_TIMEOUT_MS,
        defaultDomain: domainOf(hostname()),
      }
    : {
        servers: given,
        search,
        ndots,
        timeoutMs,
        attempts,
        defaultTimeoutMs: TIMEOUT_MS,
        defaultDomain: undefined,
      }
}

/**
 * The system's DNS configuration, read again when resolv.conf changes, for example on a laptop that changes
 * networks.
 *
 * @param systemServers returns the system's servers if resolv.conf names none; if it throws, the previous
 *   servers stay
 */
export const createSystemConfig = ({
  path,
  files,
  clock,
  env,
  systemServers,
  given,
}: {
  readonly path: string
  readonly files: FileReader
  readonly clock: Clock
  readonly env: ResolvEnv
  readonly systemServers: () => readonly string[]
  readonly given: GivenConfig
}): WatchedFile<SystemConfig> => {
  let known: readonly DnsServer[] = []
  const fixedSearch = given.search && normalizeSearch(given.search)
  const defaultSearch = normalizeSearch(
    given.defaultDomain === undefined ? [] : [given.defaultDomain],
  )

  const findServers = ({ servers }: ResolvConf): readonly DnsServer[] => {
    if (given.servers) return given.servers
    if (servers.length > 0) return (known = servers)
    try {
      known = systemServers().flatMap(text => readServer(text) ?? [])
    } catch {
      // For example without a free descriptor; the next change of the file tries again.
    }
    return known
  }

  const parse = (text: string): SystemConfig => {
    const system = parseResolvConf(text, env)
    return {
      servers: findServers(system),
      search: fixedSearch ?? (system.search.length > 0 ? system.search : defaultSearch),
      ndots: given.ndots === undefined ? system.ndots : clampNdots(given.ndots),
      timeoutMs: given.timeoutMs ?? system.timeoutMs ?? given.defaultTimeoutMs,
      attempts: given.attempts ?? system.attempts ?? ATTEMPTS,
      rotate: system.rotate,
      useTcp: system.useTcp,
      singleRequest: system.singleRequest,
      noAaaa: system.noAaaa,
    }
  }
  return createWatchedFile({
    path,
    load: async () => parse(await readText(files, path, RESOLV_CONF_MAX_BYTES)),
    none: () => parse(''),
    files,
    clock,
  })
}
