import type { Asker } from '../core/asker.ts'
import { PROCESS_CLIENT } from '../core/asker.ts'
import type { RecordType } from '../core/family.ts'
import { NAME_MAX_CHARACTERS } from '../core/host-name.ts'
import { createNameTable } from '../core/name-table.ts'
import { createCrew } from './crew.ts'
import type { Crew } from './crew.ts'
import type { Query } from './query.ts'
import type { SearchConfig } from './resolv-conf.ts'
import type { Answer } from './types.ts'
import { startWalk } from './walk.ts'
import type { Walk } from './walk.ts'

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

const withoutDot = (name: string): string => (name.endsWith('.') ? name.slice(0, -1) : name)

/** How the names of a walk are asked for: by DNS, or by the C library, which has search domains of its own. */
export type SearchMode = 'dns' | 'system'

/**
 * What is asked for a name, in order. The C library puts no search domain behind a name that ends in a
 * dot, so that it is known which name it has found. The name as it was given comes last, for sources of
 * nsswitch.conf(5) that know no such dot.
 */
const questionsOf = (name: string, config: SearchConfig, mode: SearchMode): readonly string[] => {
  const names = candidateNames(name, config)
  if (mode === 'dns' || names.length === 1) return names
  return [...names.map(each => `${each}.`), name]
}

/** An answer with the names that it may be of, besides the one that was looked up. */
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

/** A walk that others of the same client may join. */
type SharedWalk = {
  readonly key: string
  readonly walk: Walk
  readonly crew: Crew
  next: SharedWalk | null
}

/** Looks one type of a name up, with search domains unless it is absolute. */
export type SearchQuery = (
  name: string,
  absolute: boolean,
  record: RecordType,
  settle: (answer: Answer) => void,
  update?: (answer: Answer) => void,
  asker?: Asker,
) => void

/**
 * Puts search domains before a query. Both families of one name share one walk over its candidates,
 * so that they always belong to one fully qualified name, and both are asked at each step, whichever
 * was wanted first. Where there is one candidate only the wanted type is asked. Each client has walks of
 * its own, and one that nobody waits for any more is given up. An answer says which name it is of, where that
 * is not the one that was looked up: access rules are about both.
 *
 * @param records the families that are in use as a walk begins
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
      query(question, record, answer => settle(named(answer)), onUpdate, crew.asker)
    }
    const walk = startWalk(questions, records(), ask, mode === 'dns')
    const begun: SharedWalk = { key, walk, crew, next: null }
    if (!walk.done()) {
      walks.add(begun)
      walk.onDone(end)
    }
    return begun
  }

  return (name, absolute, record, settle, update, asker) => {
    if (asker?.left === true) return settle({ ok: false, code: 'ECANCELLED', source: 'dns' })
    const settings = config()
    if (absolute || settings.search.length === 0) {
      const question = absolute && mode === 'system' ? `${name}.` : name
      return query(question, record, settle, update, asker)
    }
    const questions = questionsOf(name, settings, mode)
    if (questions.length === 1) return query(name, record, settle, update, asker)
    const client = asker?.client ?? PROCESS_CLIENT
    // A walk that began with other families would never answer for this one.
    const key = `${client} ${name} ${records().join(' ')}`
    const { walk, crew } = walks.get(key) ?? begin(key, name, questions, client)
    let drop = (): void => {}
    const end = crew.join(asker, () => drop())
    const onAnswer = (answer: Answer): void => {
      // Who waits for its refresh still waits.
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
