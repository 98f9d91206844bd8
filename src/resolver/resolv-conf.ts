import { classifyHost } from './literal.ts'

/** How a name that is not absolute becomes fully qualified ones (resolv.conf(5)). */
export type SearchConfig = {
  /** Domains in lower case, without a final dot, in order; '' is the root, which adds nothing. */
  readonly search: readonly string[]
  /** A name with at least so many dots is tried as it is first. 0 to 15. */
  readonly ndots: number
}

/** resolv.conf(5): the default of ndots. */
export const NDOTS_DEFAULT = 1

/** resolv.conf(5): a larger value is silently capped to this. */
const NDOTS_MAX = 15

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

/**
 * Reads what resolv.conf says of names: `search` and `domain`, of which the last one counts, and
 * `options ndots:n`. The servers in it are c-ares' to read, and timeouts are this program's own
 * configuration. What makes no sense is left out, as the C library does.
 */
export const parseResolvConf = (text: string): SearchConfig => {
  let search: string[] = []
  let ndots = NDOTS_DEFAULT
  for (const line of text.slice(0, RESOLV_CONF_MAX_BYTES).split('\n')) {
    // A keyword stands at the very start of its line, so an indented or commented one is none.
    const [keyword = '', ...words] = line.split(/[ \t\r]+/)
    const values = words.filter(word => word !== '')
    if (keyword === 'search') search = normalizeSearch(values)
    if (keyword === 'domain') search = normalizeSearch(values.slice(0, 1))
    if (keyword !== 'options') continue
    for (const option of values) {
      const value = /^ndots:(\d{1,9})$/.exec(option)?.[1]
      if (value !== undefined) ndots = clampNdots(Number(value))
    }
  }
  return { search, ndots }
}
