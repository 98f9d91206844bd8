import { formatIp, parseIp, unmapIp } from '../../core/ip.ts'

/** A race as the endpoint and the log have it, as far as a report needs it. */
export type ReportedRace = {
  /** When it ended; epoch milliseconds. */
  readonly time: number
  readonly target: string | null
  readonly outcome: string
  readonly hidden: boolean
  readonly winner: { readonly address: string } | null
  readonly attempts: readonly {
    readonly address: string
    readonly outcome: string | null
    readonly code?: string | undefined
  }[]
  readonly error?: { readonly code: string; readonly message: string }
}

/** What is known of one network, or of one name. */
export type Group = {
  readonly key: string
  /** Races won by another address, because this one failed. */
  readonly hidden: number
  /** Races that nobody won. */
  readonly failed: number
  readonly firstAt: number
  readonly lastAt: number
  /** Why, with how often; the most frequent first. */
  readonly reasons: readonly (readonly [reason: string, count: number])[]
  /** What won instead. */
  readonly winners: readonly (readonly [address: string, count: number])[]
  /** Names of a network, or networks of a name. */
  readonly others: readonly (readonly [other: string, count: number])[]
}

export type Hour = {
  /** Its start; epoch milliseconds. */
  readonly at: number
  readonly races: number
  readonly hidden: number
  readonly failed: number
}

export type FailureGroups = {
  readonly add: (race: ReportedRace) => void
  readonly result: () => {
    readonly races: number
    readonly hidden: number
    readonly failed: number
    /** Of the races; null without any. */
    readonly from: number | null
    readonly to: number | null
    /** The most frequent first. */
    readonly prefixes: readonly Group[]
    readonly names: readonly Group[]
    /** Oldest first. */
    readonly hours: readonly Hour[]
    /** Failures of networks and names beyond the most that are counted by themselves. */
    readonly uncounted: number
  }
}

/** Networks, and names, that are counted by themselves; a log may have any number. */
export const GROUPS_MAX = 5000
/** Reasons, winners and names of one group. */
const PARTS_MAX = 20
/** A year of hours. */
const HOURS_MAX = 366 * 24
const HOUR_MS = 3_600_000

/** As for clients and history: a site's network (RFC 6177 section 2), and the longest prefix that is routed. */
const PREFIX_LENGTHS = { 4: 24, 6: 48 } as const
const BITS = 8

/** The network of an address; the text itself if it is no address (masked by `log.redact`). */
export const prefixOf = (address: string): string => {
  const parsed = parseIp(address)
  if (!parsed) return address
  const { family, bytes } = unmapIp(parsed)
  const length = PREFIX_LENGTHS[family]
  const network = bytes.map((byte, i) => (i < length / BITS ? byte : 0))
  return `${formatIp({ family, bytes: network })}/${length}`
}

const count = (counts: Map<string, number>, key: string): void => {
  const known = counts.get(key)
  if (known !== undefined || counts.size < PARTS_MAX) counts.set(key, (known ?? 0) + 1)
}

const sorted = (counts: ReadonlyMap<string, number>): readonly (readonly [string, number])[] =>
  [...counts].toSorted(([, a], [, b]) => b - a)

const createGroup = (at: number) => ({
  hidden: 0,
  failed: 0,
  firstAt: at,
  lastAt: at,
  reasons: new Map<string, number>(),
  winners: new Map<string, number>(),
  others: new Map<string, number>(),
})

type Draft = ReturnType<typeof createGroup>

const NO_ANSWER = 'no answer'

/** The name of races whose target is not known. */
export const NO_TARGET = 'no target'

/**
 * The attempts that failed before another one won, or all of a failed race. One that began after the winner is
 * cancelled without a fault of its own.
 */
const culpritsOf = ({ attempts }: ReportedRace) => {
  const winner = attempts.findIndex(({ outcome }) => outcome === 'connected')
  return attempts
    .slice(0, winner < 0 ? attempts.length : winner)
    .filter(({ outcome }) => outcome === 'failed' || outcome === 'cancelled')
    .map(({ address, outcome, code }) => ({
      prefix: prefixOf(address),
      reason: outcome === 'cancelled' || code === 'ETIMEDOUT' ? NO_ANSWER : (code ?? 'failed'),
    }))
}

/** Counts hidden failures and failed races by network, name and hour, in bounded memory. */
export const createFailureGroups = (): FailureGroups => {
  const prefixes = new Map<string, Draft>()
  const names = new Map<string, Draft>()
  const hours = new Map<number, { races: number; hidden: number; failed: number }>()
  let races = 0
  let hidden = 0
  let failed = 0
  let uncounted = 0
  let from: number | null = null
  let to: number | null = null

  const groupOf = (groups: Map<string, Draft>, key: string, at: number): Draft | undefined => {
    const known = groups.get(key)
    if (known) return known
    if (groups.size >= GROUPS_MAX) return void uncounted++
    const group = createGroup(at)
    groups.set(key, group)
    return group
  }

  const note = (
    groups: Map<string, Draft>,
    key: string,
    race: ReportedRace,
    reasons: readonly string[],
    others: readonly string[],
  ): void => {
    const group = groupOf(groups, key, race.time)
    if (!group) return
    if (race.hidden) group.hidden++
    else group.failed++
    group.firstAt = Math.min(group.firstAt, race.time)
    group.lastAt = Math.max(group.lastAt, race.time)
    for (const reason of new Set(reasons)) count(group.reasons, reason)
    for (const other of new Set(others)) count(group.others, other)
    if (race.winner) count(group.winners, race.winner.address)
  }

  const noteHour = ({ time, hidden: isHidden }: ReportedRace, isFailed: boolean): void => {
    const at = Math.floor(time / HOUR_MS) * HOUR_MS
    const hour = hours.get(at) ?? { races: 0, hidden: 0, failed: 0 }
    hour.races++
    if (isHidden) hour.hidden++
    if (isFailed) hour.failed++
    hours.set(at, hour)
    const [oldest] = hours.keys()
    if (hours.size > HOURS_MAX && oldest !== undefined) hours.delete(oldest)
  }

  const finish = (groups: ReadonlyMap<string, Draft>): readonly Group[] =>
    [...groups]
      .toSorted(([, a], [, b]) => b.hidden + b.failed - (a.hidden + a.failed))
      .map(([key, group]) =>
        Object.assign({}, group, {
          key,
          reasons: sorted(group.reasons),
          winners: sorted(group.winners),
          others: sorted(group.others),
        }),
      )

  return {
    add: race => {
      const isFailed = race.outcome === 'failed'
      races++
      from = Math.min(from ?? race.time, race.time)
      to = Math.max(to ?? race.time, race.time)
      noteHour(race, isFailed)
      if (!race.hidden && !isFailed) return
      if (race.hidden) hidden++
      if (isFailed) failed++
      const culprits = culpritsOf(race)
      const name = race.target ?? NO_TARGET
      const reasons = culprits.map(({ reason }) => reason)
      const otherwise = race.attempts.length > 0 ? 'moved back by history' : 'not known'
      const why = reasons.length > 0 ? reasons : [race.error?.code ?? otherwise]
      note(
        names,
        name,
        race,
        why,
        culprits.map(({ prefix }) => prefix),
      )
      for (const prefix of new Set(culprits.map(each => each.prefix))) {
        const own = culprits.filter(each => each.prefix === prefix).map(({ reason }) => reason)
        note(prefixes, prefix, race, own, [name])
      }
    },
    result: () => ({
      races,
      hidden,
      failed,
      from,
      to,
      prefixes: finish(prefixes),
      names: finish(names),
      hours: [...hours]
        .toSorted(([a], [b]) => a - b)
        .map(([at, hour]) => Object.assign({ at }, hour)),
      uncounted,
    }),
  }
}
