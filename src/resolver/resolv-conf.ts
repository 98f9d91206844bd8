import type { DnsServer } from './dns/servers.ts'
import { serverOf } from './dns/servers.ts'
import { classifyHost } from './literal.ts'

/** How a name that is not absolute becomes fully qualified ones (resolv.conf(5)). */
export type SearchConfig = {
  /** Domains in lower case, without a final dot, in order; '' is the root, which adds nothing. */
  readonly search: readonly string[]
  /** A name with at least so many dots is tried as it is first. 0 to 15. */
  readonly ndots: number
}

/** What a resolv.conf says. */
export type ResolvConf = SearchConfig & {
  /** In order. Those that are no address are left out. */
  readonly servers: readonly DnsServer[]
  /** `options timeout:n`, in milliseconds, 1 to 30 s; null where it is not there. */
  readonly timeoutMs: number | null
  /** `options attempts:n`, 1 to 5; null where it is not there. */
  readonly attempts: number | null
  /** `options rotate`. */
  readonly rotate: boolean
  /** `options use-vc`: by TCP alone. */
  readonly useTcp: boolean
  /** `options single-request`: the two types of a name are asked for one after the other. */
  readonly singleRequest: boolean
  /** `options no-aaaa`: DNS is not asked for IPv6 addresses. */
  readonly noAaaa: boolean
}

/** Variables of the environment that override a resolv.conf. */
export type ResolvEnv = {
  /** Search domains, in place of those of the file. */
  readonly LOCALDOMAIN?: string | undefined
  /** Options, behind those of the file. */
  readonly RES_OPTIONS?: string | undefined
}

/** resolv.conf(5): the default of ndots. */
export const NDOTS_DEFAULT = 1

/** resolv.conf(5): larger values are silently capped to these. */
const NDOTS_MAX = 15
const TIMEOUT_MAX_S = 30
const ATTEMPTS_MAX = 5

/** More domains are dropped: each costs two queries for a name that does not exist. Six was the C library's limit for long. */
const SEARCH_MAX = 32

/** The longest text that is read. */
export const RESOLV_CONF_MAX_BYTES = 64 * 1024

/** Search domains as they are used: valid ones, without repeats. */
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

/** A value of ndots as it is used: a whole number from 0 to 15. */
export const clampNdots = (ndots: number): number =>
  Math.max(0, Math.min(NDOTS_MAX, Math.floor(ndots)))

type Draft = { -readonly [Key in keyof ResolvConf]: ResolvConf[Key] }

/** Takes one word of `options` in. Some that are known change nothing here: edns0, trust-ad, no-reload. */
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
 * Reads a resolv.conf (resolv.conf(5)): `nameserver`, of which all count and not three alone; `search`
 * and `domain`, of which the last one counts; `options`. What makes no sense is left out, as the C
 * library does.
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
    // A keyword stands at the very start of its line, so an indented or commented one is none.
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
