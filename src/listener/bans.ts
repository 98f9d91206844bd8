import type { Clock } from '../core/clock.ts'
import { isLocalShare, shareText } from './accepted.ts'

/** When a client is banned for failed logins. */
export type BanLimits = {
  /** Failures within a minute after which a client is banned; 0: nobody is. */
  readonly perMinute: number
  readonly banMs: number
}

/** A client whose ban has just begun, for the log. */
export type Ban = BanLimits & {
  /** Its address, or its network. */
  readonly client: string
}

/** Counts failed logins by client, and bans clients. A client is a key of `shareOf`. */
export type Bans = {
  /** Why a client is refused now, as text for people; null if it is not banned. */
  readonly refusal: (client: string) => string | null
  /** Counts a failed login. */
  readonly failed: (client: string) => void
  /** Sets new limits. Bans in force get the new duration, from when they began. One that is over stays over. */
  readonly change: (limits: BanLimits) => void
}

type Entry = {
  /** When the logins of the last minute failed, oldest first. Empty during a ban. */
  readonly failures: number[]
  /** When the ban began; null: none, or one that a change of limits found over. */
  bannedAt: number | null
}

const MINUTE_MS = 60_000

/** Clients that are remembered. An IPv6 host may control thousands of networks. */
export const CLIENTS_MAX = 4096

/** @param onBan called once for each ban, when it begins */
export const createBans = (
  { now }: Pick<Clock, 'now'>,
  first: BanLimits,
  onBan: (ban: Ban) => void,
): Bans => {
  let limits = first
  // A Map keeps the order of insertion: the client that failed last stands last.
  const clients = new Map<string, Entry>()

  /** What is left of a client's ban in milliseconds; 0 if it is not banned. */
  const leftMs = (entry: Entry | undefined): number =>
    limits.perMinute === 0 || !entry || entry.bannedAt === null
      ? 0
      : Math.max(0, entry.bannedAt + limits.banMs - now())

  const forgetEnded = (): void => {
    for (const entry of clients.values()) if (leftMs(entry) === 0) entry.bannedAt = null
  }

  return {
    refusal: client => {
      // This is on the way of every connection, and mostly nobody is remembered.
      if (clients.size === 0) return null
      const ms = leftMs(clients.get(client))
      if (ms === 0) return null
      const seconds = Math.ceil(ms / 1000)
      return `${shareText(client)} is banned for another ${seconds} s, because its logins failed too often`
    },
    failed: client => {
      const { perMinute } = limits
      if (perMinute === 0 || isLocalShare(client)) return
      const entry = clients.get(client) ?? { failures: [], bannedAt: null }
      if (leftMs(entry) > 0) return
      clients.delete(client)
      clients.set(client, entry)
      if (clients.size > CLIENTS_MAX) {
        const [oldest] = clients.keys()
        if (oldest !== undefined) clients.delete(oldest)
      }
      const { failures } = entry
      const at = now()
      failures.push(at)
      while (failures[0] !== undefined && failures[0] <= at - MINUTE_MS) failures.shift()
      entry.bannedAt = null
      if (failures.length < perMinute) return
      failures.length = 0
      entry.bannedAt = at
      onBan({ ...limits, client: shareText(client) })
    },
    change: next => {
      // What ended by the limits before, or ends by the new ones, must not come back by longer ones.
      forgetEnded()
      limits = next
      forgetEnded()
    },
  }
}
