import type { RecordType } from '../core/family.ts'
import type { Query } from './query.ts'
import type { SearchConfig } from './resolv-conf.ts'
import type { Answer } from './types.ts'
import { startWalk } from './walk.ts'
import type { Walk } from './walk.ts'

/** A fully qualified name longer than this cannot exist (RFC 1035 section 2.3.4). */
const NAME_MAX_CHARACTERS = 253

/**
 * The fully qualified names that a name may stand for, in the order to try (resolv.conf(5)): one with
 * `ndots` dots or more as it is first, then behind it each search domain; one with fewer the other way round.
 *
 * @returns one name or more, without repeats
 */
export const candidateNames = (name: string, { search, ndots }: SearchConfig): string[] => {
  const dots = name.split('.').length - 1
  const found = search
    .map(domain => (domain === '' ? name : `${name}.${domain}`))
    .filter(candidate => candidate.length <= NAME_MAX_CHARACTERS)
  return [...new Set(dots >= ndots ? [name, ...found] : [...found, name])]
}

/** Looks one type of a name up, with search domains unless it is absolute. */
export type SearchQuery = (
  name: string,
  absolute: boolean,
  record: RecordType,
  settle: (answer: Answer) => void,
  update?: (answer: Answer) => void,
) => void

/**
 * Puts search domains before a query. Both families of one name share one walk over its candidates,
 * so that they always belong to one fully qualified name, and both are asked at each step, whichever
 * was wanted first. Where there is one candidate only the wanted type is asked.
 *
 * @param records the families that are in use as a walk begins
 */
export const createSearch = (
  query: Query,
  config: () => SearchConfig,
  records: () => readonly RecordType[],
): SearchQuery => {
  const walks = new Map<string, Walk>()
  return (name, absolute, record, settle, update) => {
    const settings = config()
    if (absolute || settings.search.length === 0) return query(name, record, settle, update)
    const names = candidateNames(name, settings)
    if (names.length === 1) return query(name, record, settle, update)
    const types = records()
    // A walk that began with other families would never answer for this one.
    const key = `${name} ${types.join(' ')}`
    const shared = walks.get(key)
    if (shared) return shared.wait(record, settle, update)
    const walk = startWalk(names, types, query)
    walk.wait(record, settle, update)
    if (walk.done()) return
    walks.set(key, walk)
    walk.onDone(() => walks.delete(key))
  }
}
