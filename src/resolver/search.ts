import type { Requester } from '../core/requester.ts'
import {
  PROCESS_CLIENT,
  addWait,
  createRequester,
  settleAbandoned,
  leave,
  whenIdle,
} from '../core/requester.ts'
import { NAME_MAX_CHARACTERS } from '../core/host-name.ts'
import type { RecordType } from '../core/ip.ts'
import { createNameTable } from '../core/name-table.ts'
import type { SearchConfig } from './resolv-conf.ts'
import type { Answer, Query } from './types.ts'
import type { Walk } from './walk.ts'
import { startWalk } from './walk.ts'

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
const questionsOf = (name: string, config: SearchConfig, mode: SearchMode): readonly string[] => {
  const names = candidateNames(name, config)
  if (mode === 'dns' || names.length === 1) return names
  return [...names.map(each => `${each}.`), name]
}

/** Adds to an answer the fully qualified name, or the possible names, if they differ from the requested name. */
const withNames = (
  answer: Answer,
  name: string,
  question: string,
  others: readonly string[],
): Answer => {
  if (!answer.ok) return answer
  const found = withoutDot(question)
  if (found !== name) return { ...answer, fullName: found }
  return others.length > 0 ? { ...answer, possibleNames: others } : answer
}

/** The waiters of one walk through search domains, which looks several names up in sequence. */
type Crew = {
  /** The requester of the walk's queries. It leaves with the last waiter. */
  readonly requester: Requester
  /**
   * Adds a waiter.
   *
   * @param drop called when this waiter leaves and wants no more answers
   * @returns the caller calls it when the waiter has its answer
   */
  readonly join: (member: Requester | undefined, drop: () => void) => () => void
}

/**
 * @param client the client of all waiters
 * @param onEmpty called once, when the last waiter has left: cancels the walk
 */
export const createCrew = (client: string, onEmpty: () => void): Crew => {
  const requester = createRequester(client)
  let waiting = 0
  return {
    requester,
    join: (member, drop) => {
      waiting++
      let over = false
      const end = (): boolean => {
        if (over) return false
        over = true
        waiting--
        return true
      }
      if (member) {
        const onLeave = (): void => {
          const wasWaiting = end()
          drop()
          if (!wasWaiting || waiting > 0) return
          onEmpty()
          leave(requester)
          // Queries still in flight count against the requester that left last.
          if (requester.abandoned === 0) return
          member.abandoned++
          whenIdle(requester, () => settleAbandoned(member))
        }
        addWait(member, { drop: onLeave })
      }
      return () => void end()
    },
  }
}

/** A walk that several lookups of one client share. */
type SharedWalk = {
  readonly key: string
  readonly walk: Walk
  readonly crew: Crew
  next: SharedWalk | null
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
 * Adds search domains to a query function. Both families of a name share one walk over the candidate names,
 * so that their answers belong to the same fully qualified name; if there is only one candidate, only the
 * requested type is queried. Each client has its own walks, and a walk without waiters is cancelled. An
 * answer contains its fully qualified name if that differs from the requested one, because access rules
 * check both.
 *
 * @param records the record types in use when a walk starts
 */
export const createSearch = (
  query: Query,
  config: () => SearchConfig,
  records: () => readonly RecordType[],
  mode: SearchMode = 'dns',
): SearchQuery => {
  const walks = createNameTable<SharedWalk>()

  const begin = (key: string, name: string, questions: readonly string[], client: string) => {
    const end = (): void => void walks.delete(begun)
    const crew = createCrew(client, end)
    const ask: Query = (question, record, settle, update) => {
      const isOpen = mode === 'system' && question === name
      const others = isOpen ? questions.map(withoutDot).filter(each => each !== name) : []
      const named = (answer: Answer): Answer => withNames(answer, name, question, others)
      const onUpdate = update && ((answer: Answer): void => update(named(answer)))
      query(question, record, answer => settle(named(answer)), onUpdate, crew.requester)
    }
    const walk = startWalk(questions, records(), ask, mode === 'dns')
    const begun: SharedWalk = { key, walk, crew, next: null }
    if (!walk.done()) {
      walks.add(begun)
      walk.onDone(end)
    }
    return begun
  }

  return (name, absolute, record, settle, update, requester) => {
    if (requester?.left === true) return settle({ ok: false, code: 'ECANCELLED', source: 'dns' })
    const settings = config()
    if (absolute || settings.search.length === 0) {
      const question = absolute && mode === 'system' ? `${name}.` : name
      return query(question, record, settle, update, requester)
    }
    const questions = questionsOf(name, settings, mode)
    if (questions.length === 1) return query(name, record, settle, update, requester)
    const client = requester?.client ?? PROCESS_CLIENT
    // A walk that started with other record types would never answer for this one.
    const key = `${client} ${name} ${records().join(' ')}`
    const { walk, crew } = walks.get(key) ?? begin(key, name, questions, client)
    let drop = (): void => {}
    const end = crew.join(requester, () => drop())
    const onAnswer = (answer: Answer): void => {
      // A waiter for the refresh is still waiting.
      if (!update || !answer.refreshing) end()
      settle(answer)
    }
    const onUpdate = (answer: Answer): void => {
      end()
      update?.(answer)
    }
    drop = walk.wait(record, onAnswer, update && onUpdate)
  }
}
