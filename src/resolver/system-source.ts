import type { Clock } from '../core/clock.ts'
import { familyOf, parseIp } from '../core/ip.ts'
import { createList, itemsOf } from '../core/list.ts'
import type { Turns } from '../core/turns.ts'
import { createTurns } from '../core/turns.ts'
import type { SystemLookup } from '../net/system-lookup/create-system-lookup.ts'
import { addressTexts } from './answers.ts'
import type { BoundedSource } from './coalesce.ts'
import type { QueryLoad } from './query-load.ts'
import { NAMES_WAITING_MAX } from './query-load.ts'
import type { SystemConfig } from './system-config.ts'
import type { Answer, LookupCode, Source } from './types.ts'

/** How long a name that the C library did not answer in time is not queried again, in milliseconds. */
export const HUNG_MS = 30_000

/** Maximum number of such names; the oldest is dropped. */
const HUNG_MAX = 10_000

/** glibc uses at most this many servers of resolv.conf (resolv.conf(5), MAXNS). */
const SERVERS_MAX = 3

/** Margin for the C library's own timeout answer to arrive. */
const LIMIT_FACTOR = 1.1

/** Maximum duration of a lookup in milliseconds, equal to the default deadline of a race. */
const LIMIT_MAX_MS = 30_000

/**
 * Returns the timeout of one lookup by the C library, in milliseconds, 30 s at most: its timeout for each
 * server and attempt, and a tenth more. A dead first server costs one timeout before the next is queried.
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
 * getaddrinfo(3) distinguishes fewer errors than DNS. Node reports EAI_NONAME and EAI_NODATA as ENOTFOUND;
 * EAI_AGAIN means a failed server as well as a silent one.
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

/** One call of getaddrinfo(3). */
type Call = {
  /** Repeats the call in another process. */
  readonly again: () => void
  /** Releases the slot of a call that hangs. */
  free: () => void
  /** The call has timed out or been cancelled, and still occupies a thread. */
  hung: boolean
  before: Call | null
  after: Call | null
  isListed: boolean
}

export type SystemQuery = {
  readonly query: Source
  /** Called when a query waits for a slot: restarts the lookup process if at least half of its calls hang. */
  readonly relieve: () => void
  /**
   * The network has changed: names that timed out may be queried again. If lookups hang, the lookup process
   * is restarted, so that the C library reads the new servers.
   */
  readonly forget: () => void
}

/**
 * Creates a source that calls getaddrinfo(3), one family at a time, so that everything in nsswitch.conf
 * works (mDNS, LDAP). The C library returns no TTL and applies search domains itself, for each family
 * separately. A call cannot be cancelled and occupies a thread; after its timeout it keeps its slot. If too
 * many calls hang and others wait, the lookup process is ended, and its other calls are repeated in a new
 * one.
 *
 * @param timeoutMs returns the timeout of a lookup that starts now
 * @param turns one slot per call, `lookup.places` in total
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
  /** When each query timed out, oldest first. */
  const hungAt = new Map<string, number>()
  let hanging = 0
  /** Number of network changes. */
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

  const query: Source = (name, record, settle, { keepSlot }) => {
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
        // A process that was ended does not call back; this check ignores calls of a process that died by itself.
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
      call.free = keepSlot()
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
      // A timeout in the old network says nothing about the servers of the new one.
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

/**
 * Creates a source that asks the C library. One client gets half of its slots at most.
 *
 * @param lookup closed together with the source
 * @param timeoutMs returns the timeout of a lookup that starts now
 * @param load counts the queries that wait; the C library has slots of its own
 */
export const createSystemSource = ({
  lookup,
  clock,
  timeoutMs,
  load,
}: {
  readonly lookup: SystemLookup
  readonly clock: Clock
  readonly timeoutMs: () => number
  readonly load: Pick<QueryLoad, 'include'>
}): BoundedSource => {
  const max = lookup.places
  const turns = createTurns({ max, waitingMax: 2 * NAMES_WAITING_MAX, ratio: 1 })
  const exclude = load.include(turns)
  const { query, relieve, forget } = createSystemQuery({ lookup, turns, clock, timeoutMs })
  return {
    query,
    slots: { turns, max, onWait: relieve },
    forget,
    close: () => {
      exclude()
      lookup.close()
    },
  }
}
