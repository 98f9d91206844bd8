import type { Requester } from '../core/requester.ts'
import {
  PROCESS_CLIENT,
  addWait,
  createRequester,
  settleAbandoned,
  leave,
  whenIdle,
} from '../core/requester.ts'
import { NAME_MAX_CHARACTERS } from '../core/host-port.ts'
import type { RecordType } from '../core/ip.ts'
import { createNameTable } from '../core/name-table.ts'
import type { SearchConfig } from './resolv-conf.ts'
import type { Answer, Query } from './types.ts'
import type { NameSearch } from './name-search.ts'
import { startNameSearch } from './name-search.ts'

/**
 * Returns the fully qualified names to try for a name, in order (resolv.conf(5)): a name with at least
 * `ndots` dots as it is and then with each search domain; a name with fewer dots the other way round.
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

const withoutDot = (name: string): string => (name.endsWith('.') ? name.slice(0, -1) : name)

/** Whether names are queried by DNS, or by the C library, which appends search domains itself. */
export type SearchMode = 'dns' | 'system'

/**
 * Returns the names to query, in order. The C library appends no search domain to a name with a final dot,
 * so that the found name is known. The name as given comes last, for sources of nsswitch.conf(5) that do
 * not support a final dot.
 */
const queryNames = (name: string, config: SearchConfig, mode: SearchMode): readonly string[] => {
  const names = candidateNames(name, config)
  if (mode === 'dns' || names.length === 1) return names
  return [...names.map(each => `${each}.`), name]
}

/** Adds to an answer the fully qualified name, or the possible names, if they differ from the requested name. */
const withNames = (
  answer: Answer,
  name: string,
  queryName: string,
  others: readonly string[],
): Answer => {
  if (!answer.ok) return answer
  const found = withoutDot(queryName)
  if (found !== name) return { ...answer, fullName: found }
  return others.length > 0 ? { ...answer, possibleNames: others } : answer
}

/** The waiters of one search through search domains, which looks several names up in sequence. */
type SearchWaiters = {
  /** The requester of the search's queries. It leaves with the last waiter. */
  readonly requester: Requester
  /**
   * Adds a waiter.
   *
   * @param drop called when this waiter leaves and wants no more answers
   * @returns the caller calls it when the waiter has its answer
   */
  readonly join: (waiter: Requester | undefined, drop: () => void) => () => void
}

/**
 * @param client the client of all waiters
 * @param onEmpty called once, when the last waiter has left: cancels the search
 */
export const createSearchWaiters = (client: string, onEmpty: () => void): SearchWaiters => {
  const requester = createRequester(client)
  let waiting = 0
  return {
    requester,
    join: (waiter, drop) => {
      waiting++
      let over = false
      const end = (): boolean => {
        if (over) return false
        over = true
        waiting--
        return true
      }
      if (waiter) {
        const onLeave = (): void => {
          const wasWaiting = end()
          drop()
          if (!wasWaiting || waiting > 0) return
          onEmpty()
          leave(requester)
          // Queries still in flight count against the requester that left last.
          if (requester.abandoned === 0) return
          waiter.abandoned++
          whenIdle(requester, () => settleAbandoned(waiter))
        }
        addWait(waiter, { drop: onLeave })
      }
      return () => void end()
    },
  }
}

/** A search that several lookups of one client share. */
type SharedSearch = {
  readonly key: string
  readonly search: NameSearch
  readonly waiters: SearchWaiters
  next: SharedSearch | null
}

/** Looks up one record type of a name, with search domains unless the name is absolute. */
export type SearchQuery = (
  name: string,
  absolute: boolean,
  record: RecordType,
  settle: (answer: Answer) => void,
  update?: (answer: Answer) => void,
  requester?: Requester,
) => void

/**
 * Adds search domains to a query function. Both families of a name share one search over the candidate names,
 * so that their answers belong to the same fully qualified name; if there is only one candidate, only the
 * requested type is queried. Each client has its own searches, and a search without waiters is cancelled. An
 * answer contains its fully qualified name if that differs from the requested one, because access rules
 * check both.
 *
 * @param records the record types in use when a search starts
 */
export const createSearch = (
  query: Query,
  config: () => SearchConfig,
  records: () => readonly RecordType[],
  mode: SearchMode = 'dns',
): SearchQuery => {
  const searches = createNameTable<SharedSearch>()

  const begin = (key: string, name: string, names: readonly string[], client: string) => {
    const end = (): void => void searches.delete(begun)
    const waiters = createSearchWaiters(client, end)
    const ask: Query = (queryName, record, settle, update) => {
      const isOpen = mode === 'system' && queryName === name
      const others = isOpen ? names.map(withoutDot).filter(each => each !== name) : []
      const named = (answer: Answer): Answer => withNames(answer, name, queryName, others)
      const onUpdate = update && ((answer: Answer): void => update(named(answer)))
      query(queryName, record, answer => settle(named(answer)), onUpdate, waiters.requester)
    }
    const search = startNameSearch(names, records(), ask, mode === 'dns')
    const begun: SharedSearch = { key, search, waiters, next: null }
    if (!search.done()) {
      searches.add(begun)
      search.onDone(end)
    }
    return begun
  }

  return (name, absolute, record, settle, update, requester) => {
    if (requester?.left === true) return settle({ ok: false, code: 'ECANCELLED', source: 'dns' })
    const settings = config()
    if (absolute || settings.search.length === 0) {
      const queryName = absolute && mode === 'system' ? `${name}.` : name
      return query(queryName, record, settle, update, requester)
    }
    const names = queryNames(name, settings, mode)
    if (names.length === 1) return query(name, record, settle, update, requester)
    const client = requester?.client ?? PROCESS_CLIENT
    // A search that started with other record types would never answer for this one.
    const key = `${client} ${name} ${records().join(' ')}`
    const { search, waiters } = searches.get(key) ?? begin(key, name, names, client)
    let drop = (): void => {}
    const end = waiters.join(requester, () => drop())
    const onAnswer = (answer: Answer): void => {
      // A waiter for the refresh is still waiting.
      if (!update || !answer.refreshing) end()
      settle(answer)
    }
    const onUpdate = (answer: Answer): void => {
      end()
      update?.(answer)
    }
    drop = search.wait(record, onAnswer, update && onUpdate)
  }
}
