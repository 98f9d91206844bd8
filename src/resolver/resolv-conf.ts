import type { DnsServer } from './dns/servers.ts'
import { serverOf } from './dns/servers.ts'
import { classifyHost } from './literal.ts'

/** How a relative name becomes a list of fully qualified names (resolv.conf(5)). */
export type SearchConfig = {
  /** Search domains in order, lower case and without a final dot; '' is the root, which appends nothing. */
  readonly search: readonly string[]
  /** A name with at least this many dots is first tried as it is. 0 to 15. */
  readonly ndots: number
}

/** A parsed resolv.conf. */
export type ResolvConf = SearchConfig & {
  /** Servers in order; invalid addresses are left out. */
  readonly servers: readonly DnsServer[]
  /** `options timeout:n`, in milliseconds, 1 to 30 s; null if absent. */
  readonly timeoutMs: number | null
  /** `options attempts:n`, 1 to 5; null if absent. */
  readonly attempts: number | null
  /** `options rotate`. */
  readonly rotate: boolean
  /** `options use-vc`: TCP only. */
  readonly useTcp: boolean
  /** `options single-request`: the two record types of a name are queried in sequence. */
  readonly singleRequest: boolean
  /** `options no-aaaa`: DNS is not queried for AAAA records. */
  readonly noAaaa: boolean
}

/** Environment variables that override a resolv.conf. */
export type ResolvEnv = {
  /** Search domains that replace those of the file. */
  readonly LOCALDOMAIN?: string | undefined
  /** Options that are read after those of the file. */
  readonly RES_OPTIONS?: string | undefined
}

/** resolv.conf(5): the default of ndots. */
export const NDOTS_DEFAULT = 1

/** resolv.conf(5): larger values are silently capped to these. */
const NDOTS_MAX = 15
const TIMEOUT_MAX_S = 30
const ATTEMPTS_MAX = 5

/**
 * Maximum number of search domains: each costs two queries for a name that does not exist. The C library
 * long had a limit of six.
 */
const SEARCH_MAX = 32

/** Maximum number of bytes that are read. */
export const RESOLV_CONF_MAX_BYTES = 64 * 1024

/** Removes invalid and repeated search domains. */
export const normalizeSearch = (domains: readonly string[]): string[] => {
  const search: string[] = []
  for (const domain of domains) {
    const host = classifyHost(domain)
    const name = domain === '.' ? '' : host.kind === 'name' ? host.name : undefined
    if (name !== undefined && !search.includes(name) && search.length < SEARCH_MAX) {
      search.push(name)
    }
  }
  return search
}

/** Limits ndots to a whole number from 0 to 15. */
export const clampNdots = (ndots: number): number =>
  Math.max(0, Math.min(NDOTS_MAX, Math.floor(ndots)))

type Draft = { -readonly [Key in keyof ResolvConf]: ResolvConf[Key] }

/** Applies one option. Some known options have no effect here: edns0, trust-ad, no-reload. */
const readOption = (draft: Draft, option: string): void => {
  const [, name = '', digits] = /^([a-z-]+)(?::(\d{1,9}))?$/.exec(option) ?? []
  const value = digits === undefined ? undefined : Number(digits)
  if (value !== undefined) {
    if (name === 'ndots') draft.ndots = clampNdots(value)
    if (name === 'timeout') draft.timeoutMs = Math.max(1, Math.min(value, TIMEOUT_MAX_S)) * 1000
    if (name === 'attempts') draft.attempts = Math.max(1, Math.min(value, ATTEMPTS_MAX))
    return
  }
  if (name === 'rotate') draft.rotate = true
  if (name === 'use-vc') draft.useTcp = true
  if (name === 'single-request') draft.singleRequest = true
  if (name === 'no-aaaa') draft.noAaaa = true
}

const wordsOf = (text: string): string[] => text.split(/[ \t\r\n]+/).filter(word => word !== '')

/**
 * Parses a resolv.conf (resolv.conf(5)): all `nameserver` lines (not only three), the last of `search` and
 * `domain`, and `options`. Invalid values are ignored, as in the C library.
 */
export const parseResolvConf = (text: string, env: ResolvEnv = {}): ResolvConf => {
  const servers: DnsServer[] = []
  const draft: Draft = {
    servers,
    search: [],
    ndots: NDOTS_DEFAULT,
    timeoutMs: null,
    attempts: null,
    rotate: false,
    useTcp: false,
    singleRequest: false,
    noAaaa: false,
  }
  for (const line of text.slice(0, RESOLV_CONF_MAX_BYTES).split('\n')) {
    // A keyword must start in the first column, so indented and commented lines are ignored.
    const [keyword = '', ...words] = line.split(/[ \t\r]+/)
    const values = words.filter(word => word !== '')
    if (keyword === 'nameserver') {
      const server = serverOf(values[0] ?? '')
      if (server && !servers.some(each => each.text === server.text)) servers.push(server)
    }
    if (keyword === 'search') draft.search = normalizeSearch(values)
    if (keyword === 'domain') draft.search = normalizeSearch(values.slice(0, 1))
    if (keyword === 'options') for (const option of values) readOption(draft, option)
  }
  const { LOCALDOMAIN, RES_OPTIONS } = env
  if (LOCALDOMAIN !== undefined) draft.search = normalizeSearch(wordsOf(LOCALDOMAIN))
  for (const option of wordsOf(RES_OPTIONS ?? '')) readOption(draft, option)
  return draft
}
