import type { ReadIp } from '../core/ip.ts'
import { familyOfAddress } from '../core/ip.ts'
import type { Mutable } from '../core/mutable.ts'
import type { Requester } from '../core/requester.ts'
import type { Network, SourceAddress } from '../net/network.ts'
import type { Answer, Lookup, PositiveAnswer } from '../resolver/types.ts'
import type { IsApart, RaceMemory } from './history/create-history.ts'
import type { Origins } from './origins.ts'
import type { Candidate, Query, RaceConfig, RaceEvent } from './race/types.ts'

const toCandidate = (
  address: string,
  embedded: string | undefined,
  { port }: Query,
  source?: SourceAddress,
): Candidate => {
  const candidate: Mutable<Candidate> = {
    address,
    // The family of the address itself: an A lookup may bring NAT64 addresses, and an AAAA lookup IPv4-mapped
    // ones, which are unwrapped before.
    family: familyOfAddress(address),
    port,
  }
  if (embedded !== undefined) candidate.embedded = embedded
  if (!source) return candidate
  candidate.source = source.address
  candidate.sourceDeprecated = source.deprecated
  candidate.sourcePrefixLength = source.prefixLength
  return candidate
}

/** Whether the host's answer is cached, so that it is available without waiting. */
const isKnown = (source: SourceAddress | Promise<SourceAddress>): source is SourceAddress =>
  !(source instanceof Promise)

/**
 * Converts the addresses of one lookup to candidates, with the host's data that their order needs and with
 * the history of earlier races. The host is not asked if the race has one address, or if the order was
 * given by hand.
 *
 * @param known candidates that this lookup brought before; those whose addresses remain stay the same
 *   objects, so that history counts an address once
 * @param isApart whether a candidate will be attempted by another path than the history's
 */
export const annotateCandidates = (
  { addresses, embedded }: Pick<PositiveAnswer, 'addresses' | 'embedded'>,
  query: Query,
  config: RaceConfig,
  network: Pick<Network<never>, 'source'>,
  memory?: RaceMemory,
  known: readonly Candidate[] = [],
  isApart?: IsApart,
): readonly Candidate[] | Promise<readonly Candidate[]> => {
  const others = config.queries.length + (config.addresses?.length ?? 0) - 1
  const isAlone = others === 0 && addresses.length < 2
  const isOrdered = !isAlone && config.order !== 'given'
  /** A candidate that was the only one before has no source yet. */
  const stays = (each: Candidate): boolean => !isOrdered || each.source !== undefined
  const kept = known.filter(stays)
  const fresh =
    kept.length === 0
      ? addresses
      : addresses.filter(address => kept.every(each => each.address !== address))

  const finish = (sources: readonly SourceAddress[]): readonly Candidate[] => {
    const made = fresh.map((address, i) =>
      toCandidate(address, embedded?.get(address), query, sources[i]),
    )
    const annotated = memory && !isAlone ? memory.annotate(made, isApart) : made
    if (kept.length === 0) return annotated
    const all = [...kept, ...annotated]
    return addresses.flatMap(address => all.find(each => each.address === address) ?? [])
  }
  if (!isOrdered) return finish([])
  const sources = fresh.map(address => network.source(address))
  const answered = sources.filter(isKnown)
  if (answered.length === sources.length) return finish(answered)
  return Promise.all(sources.map(async source => source)).then(finish)
}

/** The lookups of one race. */
export type RaceLookups = {
  readonly resolve: (id: number, query: Query) => void
  /**
   * Moves the answers that the race may get now to `events`; none while one that has arrived is still being
   * annotated.
   */
  readonly moveTo: (events: RaceEvent[]) => void
}

/**
 * Looks up names for one race, and annotates the answers with this host's data. Answers that are available
 * at once, as from a hosts file or a cache, and those that arrive while others are annotated, reach the
 * race together, so that they are sorted together before an attempt starts.
 *
 * @param requester the requester of the lookups
 * @param isOver whether the race is over; answers are then dropped
 * @param onReady called when `moveTo` may have new answers, except from within `resolve`
 * @param broken called if a lookup, or the processing of its answer, throws
 */
export const createLookups = ({
  lookup,
  requester,
  config,
  network,
  memory,
  origins,
  isApart,
  readIp,
  isOver,
  onReady,
  broken,
}: {
  readonly lookup: Lookup
  readonly requester: Requester
  readonly config: RaceConfig
  readonly network: Pick<Network<never>, 'source'>
  readonly memory: RaceMemory | undefined
  readonly origins: Origins
  readonly isApart?: IsApart | undefined
  readonly readIp?: ReadIp
  readonly isOver: () => boolean
  readonly onReady: () => void
  readonly broken: (error: unknown) => void
}): RaceLookups => {
  const answers: RaceEvent[] = []
  /** The latest candidates of each lookup. */
  const known: (readonly Candidate[])[] = []
  let annotating = 0

  const toEvent = (id: number, query: Query, answer: Answer): RaceEvent | Promise<RaceEvent> => {
    const { source } = answer
    if (!answer.ok) {
      const { code, server, refreshing } = answer
      const failed: Mutable<Extract<RaceEvent, { type: 'resolve-failed' }>> = {
        type: 'resolve-failed',
        id,
        code,
        source,
      }
      if (server !== undefined) failed.server = server
      if (refreshing) failed.refreshing = refreshing
      return failed
    }
    origins.add(query, answer)
    const finish = (candidates: readonly Candidate[]): RaceEvent => {
      known[id] = candidates
      const { ttl } = answer
      const event: Mutable<Extract<RaceEvent, { type: 'resolved' }>> = {
        type: 'resolved',
        id,
        candidates,
        source,
        ttl,
      }
      if (answer.refreshing) event.refreshing = true
      return event
    }
    const candidates = annotateCandidates(
      answer,
      query,
      config,
      network,
      memory,
      known[id],
      isApart,
    )
    return candidates instanceof Promise ? candidates.then(finish) : finish(candidates)
  }

  /** Holds all answers back until this one is annotated; one that arrives in the same turn is added. */
  const hold = async (event: RaceEvent | Promise<RaceEvent>): Promise<void> => {
    annotating++
    const finished = await event
    annotating--
    answers.push(finished)
    onReady()
  }

  const takeLater = (id: number, query: Query, answer: Answer): Promise<void> | undefined =>
    isOver() ? undefined : hold(toEvent(id, query, answer))

  return {
    resolve: (id, query) => {
      let taken: Promise<void> | undefined
      const onUpdate = (update: Answer): void => {
        // Always after the first answer, however long its annotation takes.
        Promise.resolve(taken)
          .then(() => takeLater(id, query, update))
          .catch(broken)
      }
      const first = lookup(query.host, query.record, onUpdate, requester, readIp)
      if (first instanceof Promise) {
        taken = first.then(answer => takeLater(id, query, answer))
      } else {
        const event = toEvent(id, query, first)
        if (event instanceof Promise) taken = hold(event)
        else answers.push(event)
      }
      taken?.catch(broken)
    },
    moveTo: events => {
      if (annotating > 0 || answers.length === 0) return
      events.push(...answers)
      answers.length = 0
    },
  }
}
