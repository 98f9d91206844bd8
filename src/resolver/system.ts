import type { Clock } from '../core/clock.ts'
import { familyOf } from '../core/family.ts'
import { parseIp } from '../core/ip.ts'
import { createList, itemsOf } from '../core/list.ts'
import type { Turns } from '../core/turns.ts'
import type { SystemLookup } from '../net/system-lookup/types.ts'
import { addressTexts } from './addresses.ts'
import type { Source } from './query.ts'
import type { SystemConfig } from './system-config.ts'
import type { Answer, LookupCode } from './types.ts'

/** How long a name that the C library did not answer in time is not asked for again, in milliseconds. */
export const HUNG_MS = 30_000

/** Names that are remembered so; beyond that the oldest is forgotten. */
const HUNG_MAX = 10_000

/** glibc asks so many servers of resolv.conf and no more (resolv.conf(5), MAXNS). */
const SERVERS_MAX = 3

/** The C library's own answer, that no server answered, comes within its time and so much of it more. */
const LIMIT_FACTOR = 1.1

/** The longest that a lookup may take, in milliseconds: as long as a race may last by default. */
const LIMIT_MAX_MS = 30_000

/**
 * How long the C library may take for one lookup, in milliseconds, 30 s at most: for each server at each
 * attempt its timeout, and a tenth more. A dead first server costs one timeout before the next is asked.
 */
export const systemLimitMs = ({
  servers,
  timeoutMs,
  attempts,
}: Pick<SystemConfig, 'servers' | 'timeoutMs' | 'attempts'>): number => {
  const asked = Math.max(1, Math.min(servers.length, SERVERS_MAX))
  return Math.min(timeoutMs * attempts * asked * LIMIT_FACTOR, LIMIT_MAX_MS)
}

/**
 * getaddrinfo(3) keeps less apart than DNS does. EAI_NONAME and EAI_NODATA both come as ENOTFOUND;
 * EAI_AGAIN stands for a server that failed as well as for one that was silent.
 */
const codeOf = (code: string): LookupCode => {
  if (code === 'ENOTFOUND' || code === 'ECHILD') return code
  if (code === 'ENODATA' || code === 'EAI_ADDRFAMILY' || code === 'EAI_NODATA') return 'ENODATA'
  return code === 'ETIMEDOUT' || code === 'ETIMEOUT' ? 'ETIMEDOUT' : 'ESERVFAIL'
}

const failed = (code: LookupCode): Answer => ({ ok: false, code, source: 'system' })

const toAnswer = (code: string | null, found: readonly string[]): Answer => {
  if (code !== null) return failed(codeOf(code))
  const addresses = addressTexts(found.flatMap(text => parseIp(text) ?? []))
  return addresses.length > 0
    ? { ok: true, addresses, ttl: null, source: 'system' }
    : failed('ENODATA')
}

/** One call of getaddrinfo. */
type Call = {
  /** Asks once more, in another process. */
  readonly again: () => void
  /** Gives back the turn of one that has hung. */
  free: () => void
  /** Nobody waits for it any more, and its thread is busy all the same. */
  hung: boolean
  before: Call | null
  after: Call | null
  isListed: boolean
}

export type SystemQuery = {
  readonly query: Source
  /** A question has to wait for its turn: where so many calls hang, an end is made of them. */
  readonly relieve: () => void
  /**
   * The network is another one: every name may be asked for again, and where lookups hang, another
   * process takes over, whose C library knows the new servers.
   */
  readonly forget: () => void
}

/**
 * Asks the C library, one family at a time, so that everything in nsswitch.conf works: mDNS, LDAP and
 * the like. It knows no TTL. Search domains are the library's too, for each family by itself. Each call
 * holds a thread until it ends, and cannot be cancelled. One that takes too long is given up for those
 * who wait, and keeps its turn; where so many hang that others wait for a turn, the process of the
 * lookups is ended, and those that do not hang are asked again in another one.
 *
 * @param timeoutMs for one lookup that begins at this moment
 * @param turns one for each call, `lookup.places` in all
 */
export const createSystemQuery = ({
  lookup,
  turns,
  clock,
  timeoutMs,
}: {
  readonly lookup: SystemLookup
  readonly turns: Pick<Turns, 'waiting'>
  readonly clock: Clock
  readonly timeoutMs: () => number
}): SystemQuery => {
  const calls = createList<Call>()
  /** When each question hung, the oldest first. */
  const hungAt = new Map<string, number>()
  let hanging = 0
  /** How many networks there were before this one. */
  let network = 0

  const renew = (): void => {
    lookup.renew()
    const all = itemsOf(calls)
    const dead = all.filter(({ hung }) => hung)
    for (const call of dead) calls.delete(call)
    hanging = 0
    for (const { again, hung } of all) if (!hung) again()
    for (const { free } of dead) free()
  }

  const remember = (key: string): void => {
    hungAt.delete(key)
    hungAt.set(key, clock.now())
    const [oldest] = hungAt.keys()
    if (hungAt.size > HUNG_MAX && oldest !== undefined) hungAt.delete(oldest)
  }

  const hasHung = (key: string): boolean => {
    const at = hungAt.get(key)
    if (at === undefined || clock.now() - at < HUNG_MS) return at !== undefined
    hungAt.delete(key)
    return false
  }

  const relieve = (): void => {
    if (hanging >= lookup.places / 2) renew()
  }

  const query: Source = (name, record, settle, { keepTurn }) => {
    const key = `${record} ${name}`
    if (hasHung(key)) {
      settle(failed('ETIMEDOUT'))
      return () => {}
    }
    const begunIn = network
    let asked = 0
    const ask = (): void => {
      const time = ++asked
      lookup.lookup(name, familyOf(record), (code, found) => {
        // Of a process that was ended nothing is heard; this is for one that ended by itself.
        if (time !== asked || !calls.delete(call)) return
        stopTimer()
        hungAt.delete(key)
        if (!call.hung) return settle(toAnswer(code, found))
        hanging--
        call.free()
      })
    }
    const hang = (): void => {
      if (call.hung || !call.isListed) return
      stopTimer()
      call.hung = true
      call.free = keepTurn()
      hanging++
    }
    const call: Call = {
      again: ask,
      free: () => {},
      hung: false,
      before: null,
      after: null,
      isListed: false,
    }
    const stopTimer = clock.after(timeoutMs(), () => {
      // What the old network's servers did not answer says nothing of the new ones.
      if (begunIn === network) remember(key)
      hang()
      settle(failed('ETIMEDOUT'))
      if (turns.waiting() > 0) relieve()
    })
    calls.add(call)
    ask()
    return hang
  }

  const forget = (): void => {
    network++
    hungAt.clear()
    if (hanging > 0) renew()
  }

  return { query, relieve, forget }
}
