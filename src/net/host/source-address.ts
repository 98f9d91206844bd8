import { LRUCache } from 'lru-cache'
import { createSocket } from 'node:dgram'
import type { Clock } from '../../core/clock.ts'
import type { EgressPath } from '../../core/egress.ts'
import { PLAIN_EGRESS, bindOf } from '../../core/egress.ts'
import { codeOf } from '../../core/fail.ts'
import type { Family, Ip } from '../../core/ip.ts'
import { formatIp, parseIp, unmapIp } from '../../core/ip.ts'
import type { Network, OnExhausted, SourceAddress } from '../network.ts'
import { EXHAUSTED } from '../network.ts'
import type { Interfaces } from './interfaces.ts'

/** The source address that the system would use, or the code of its error. */
export type SourceAnswer = { readonly address: string } | { readonly code: string }

/** The discard port (RFC 863). No packet is sent, but connect needs a port. */
export const DISCARD_PORT = 9

type Lookup = (
  address: string,
  family: unknown,
  done: (error: null, address: string, family: number) => void,
) => void

/** Replaces dns.lookup, which would wait for one of the few threads of libuv's pool. */
const sameAddress: Lookup = (address, _family, done) => done(null, address, 0)

/** Determines the source address for a destination. It never rejects. */
export type AskSource = (address: string, family: Family) => Promise<SourceAnswer>

/**
 * Determines the source address by connecting a datagram socket: this selects route and source as for any
 * packet, and sends none.
 *
 * @param path of it, only the source addresses can be set on Node's sockets
 */
export const createAskSource =
  (path: EgressPath = PLAIN_EGRESS): AskSource =>
  (address, family) =>
    new Promise(resolve => {
      const source = bindOf(path, family)
      if (source === 'none') return resolve({ code: 'EADDRNOTAVAIL' })
      const type = family === 6 ? 'udp6' : 'udp4'
      const socket = createSocket({ type, lookup: sameAddress })
      const settle = (answer: SourceAnswer): void => {
        socket.close()
        resolve(answer)
      }
      socket.once('error', error => settle({ code: codeOf(error) }))
      socket.once('connect', () => settle({ address: socket.address().address }))
      const connect = (): void => socket.connect(DISCARD_PORT, address)
      if (source === null) connect()
      else socket.bind({ address: source, exclusive: true }, connect)
    })

/** How long an answer is cached, in milliseconds: routes may change while addresses stay. */
const ANSWER_MAX_AGE_MS = 5000

/** The most destinations in the cache. */
const ANSWERS_MAX = 4096

/** The most lookups at a time, each with a socket. Further ones wait. */
const OPEN_MAX = 16

const NO_SOURCE: SourceAddress = { address: null, deprecated: false, prefixLength: 0 }

type Kept = { readonly source: SourceAddress; readonly at: number; readonly epoch: number }

/** Waits for a turn; `endTurn` must follow. Undefined: the turn has begun. */
export type SourceTurns = {
  readonly turn: () => Promise<void> | undefined
  readonly endTurn: () => void
}

/**
 * Limits the lookups of all paths together.
 *
 * @param openMax the most lookups at a time, 1 or more: each has a socket for a moment
 */
export const createSourceTurns = (openMax: number = OPEN_MAX): SourceTurns => {
  const waiting: (() => void)[] = []
  let asking = 0
  return {
    turn: () => {
      if (asking++ < openMax) return undefined
      return new Promise(resolve => void waiting.push(resolve))
    },
    endTurn: () => {
      asking--
      waiting.shift()?.()
    },
  }
}

/**
 * Looks up the source address for a destination, for RFC 6724 section 6. Answers are cached for 5 s, or
 * until this host's addresses change; concurrent callers for one destination share a lookup.
 *
 * @param turns shared with those of other paths; by default 16 lookups at a time
 * @returns a function that never throws and never rejects; text that is no IP address has no source
 */
export const createSourceAddress = ({
  clock,
  interfaces,
  ask = createAskSource(),
  turns: { turn, endTurn } = createSourceTurns(),
  onExhausted,
}: {
  readonly clock: Pick<Clock, 'now'>
  readonly interfaces: () => Interfaces
  readonly ask?: AskSource
  readonly turns?: SourceTurns
  readonly onExhausted?: OnExhausted | undefined
}): Network<never>['source'] => {
  const kept = new LRUCache<string, Kept>({ max: ANSWERS_MAX })
  const open = new Map<string, Promise<SourceAddress>>()

  const read = (answer: SourceAnswer): SourceAddress => {
    const ip = 'code' in answer ? undefined : parseIp(answer.address)
    if (!ip) return NO_SOURCE
    const own = interfaces().addresses.get(formatIp({ family: ip.family, bytes: ip.bytes }))
    return {
      address: formatIp(ip),
      deprecated: own?.deprecated ?? false,
      // An address may be newer than the list of interfaces; for IPv6 assume 64 (RFC 4291 section 2.5.4).
      prefixLength: own?.prefixLength ?? (ip.family === 6 ? 64 : 32),
    }
  }

  const askAnew = async (destination: string, ip: Ip, epoch: number): Promise<SourceAddress> => {
    const wait = turn()
    if (wait) await wait
    const answer = await ask(formatIp(ip), ip.family)
    endTurn()
    open.delete(destination)
    const source = read(answer)
    if ('code' in answer && EXHAUSTED.has(answer.code)) {
      onExhausted?.('ask for a source address', answer.code)
    } else kept.set(destination, { source, at: clock.now(), epoch })
    return source
  }

  return destination => {
    const { epoch } = interfaces()
    const known = kept.get(destination)
    if (known && known.epoch === epoch && clock.now() - known.at < ANSWER_MAX_AGE_MS) {
      return known.source
    }
    const shared = open.get(destination)
    if (shared) return shared
    const ip = parseIp(destination)
    if (!ip) return NO_SOURCE
    const asked = askAnew(destination, unmapIp(ip), epoch)
    open.set(destination, asked)
    return asked
  }
}
