import { changesPath } from '../core/egress.ts'
import { fail } from '../core/fail.ts'
import type { HostPort } from '../core/host-port.ts'
import type { ReadIp } from '../core/ip.ts'
import { parseIp } from '../core/ip.ts'
import { formatHostPort } from '../core/host-port.ts'
import type { Judge } from '../core/judge.ts'
import type { Mutable } from '../core/mutable.ts'
import type { Connected, Network, NotConnected, Watch } from '../net/network.ts'
import type { Origins } from './origins.ts'
import { denialText } from './race/failure.ts'
import type { RaceCommand, RaceEvent } from './race/types.ts'
import type { AttemptBudget, BudgetShare } from './types.ts'

/** One race's share of a budget of file descriptors. */
type DescriptorShare = {
  /**
   * Takes a descriptor for another attempt; an attempt needs none if the race has no other open descriptor.
   *
   * @returns false if none is free; the machine then gets the event `deferred`
   */
  readonly take: (id: number) => boolean
  /** Releases descriptors that the race no longer needs; call it when an attempt is over. */
  readonly settle: () => void
  /** The race is over. */
  readonly leave: () => void
}

const NO_BUDGET: DescriptorShare = { take: () => true, settle: () => {}, leave: () => {} }

/**
 * Asks a budget for every attempt of a race except the first. A race that never has two attempts at a time,
 * as nearly all races, does not join the budget.
 *
 * @param live the number of attempts that have a descriptor now
 */
export const createDescriptorShare = (
  budget: AttemptBudget | undefined,
  live: () => number,
  send: (event: RaceEvent) => void,
): DescriptorShare => {
  if (!budget) return NO_BUDGET
  let share: BudgetShare | undefined
  let taken = 0
  let isAsking = false
  let isGivingUp = false

  const giveUp = (): void => {
    // The machine has to know first that the requested attempt did not start.
    if (isAsking) isGivingUp = true
    else send({ type: 'scarce' })
  }

  return {
    take: id => {
      if (live() === 0) return true
      share ??= budget.join({ retry: () => send({ type: 'wake' }), giveUp })
      isAsking = true
      const isFree = share.take()
      isAsking = false
      if (isFree) taken++
      else send({ type: 'deferred', id })
      if (isGivingUp) send({ type: 'scarce' })
      isGivingUp = false
      return isFree
    },
    settle: () => {
      // A release may make this same race start its next attempt before it returns.
      while (taken > 0 && taken >= live()) {
        taken--
        share?.release()
      }
    },
    leave: () => share?.leave(),
  }
}

type Running<S> = {
  readonly endpoint: HostPort
  readonly cancel: () => boolean
  connected?: Connected<S>
  /** Present only while the race is being confirmed. */
  watch?: Watch
}

/** An attempt that has a socket. */
type ConnectedAttempt<S> = Running<S> & { connected: Connected<S> }

/** The attempts of one race that are in flight or connected, by id. */
export type AttemptSockets<S> = {
  readonly connect: (command: RaceCommand & { readonly type: 'connect' }) => void
  /** Cancels or resets one attempt. If the system has already connected it, the machine gets `connected`. */
  readonly release: (id: number) => void
  readonly releaseAll: () => void
  /** @throws ERR_BUG if the attempt has no socket */
  readonly connectedAttempt: (id: number) => ConnectedAttempt<S>
  /** The race is over: no attempt starts any more. */
  readonly close: () => void
  /** The system's errors, by the attempt's id. */
  readonly errors: ReadonlyMap<number, Error>
  /** The ids of the attempts that a permit sent by another path than the race's; absent: none. */
  readonly apart?: ReadonlySet<number>
}

/**
 * The sockets of one race: checks, dials and ends attempts as the machine commands, and passes their
 * results to it. It owns all sockets until `connectedAttempt` returns the winner's at the end of the race.
 *
 * @param originOf the origin of an endpoint, for the judge
 * @param onConnected called before the machine gets the event of a connected attempt
 */
export const createAttemptSockets = <S>({
  network,
  judge,
  budget,
  originOf,
  readIp = parseIp,
  onConnected,
  send,
}: {
  readonly network: Pick<Network<S>, 'connect' | 'reset'>
  readonly judge: Judge | undefined
  readonly budget: AttemptBudget | undefined
  readonly originOf: Origins['of']
  readonly readIp?: ReadIp
  readonly onConnected: (id: number) => void
  readonly send: (event: RaceEvent) => void
}): AttemptSockets<S> => {
  const attempts = new Map<number, Running<S>>()
  const errors = new Map<number, Error>()
  /** Created for the second attempt at a time, which nearly no race has. */
  let descriptors: DescriptorShare | undefined
  const mayOpen = (id: number): boolean => {
    if (attempts.size === 0) return true
    descriptors ??= createDescriptorShare(budget, () => attempts.size, send)
    return descriptors.take(id)
  }

  const onSettled = (id: number, result: Connected<S> | NotConnected): void => {
    const attempt = attempts.get(id)
    if (!attempt) {
      if (result.ok) network.reset(result.socket)
    } else if (result.ok) {
      attempt.connected = result
      onConnected(id)
      const { address, port } = result.local
      send({ type: 'connected', id, local: formatHostPort({ host: address, port }) })
    } else {
      attempts.delete(id)
      descriptors?.settle()
      const { code, message, sent, noEgress, error } = result
      if (error) errors.set(id, error)
      const failed = { type: 'connect-failed', id, code, message, sent } as const
      // The order of the addresses does not know the routes of another path.
      const isUnsent = noEgress || (!sent && sockets.apart?.has(id))
      send(isUnsent ? { ...failed, noEgress: true } : failed)
    }
  }

  const release = (id: number): void => {
    const attempt = attempts.get(id)
    if (!attempt) return
    attempts.delete(id)
    attempt.watch?.stop()
    if (attempt.connected) network.reset(attempt.connected.socket)
    else if (attempt.cancel()) send({ type: 'connected', id, local: '' })
    descriptors?.settle()
  }

  const sockets: Mutable<AttemptSockets<S>> = {
    connect: ({ id, address, family, port }) => {
      const where = { host: address, port }
      const verdict = judge?.(originOf(address, port), readIp)
      if (verdict?.code !== undefined) {
        const { code, rule } = verdict
        const message = `${formatHostPort(where)}: ${denialText(code, rule)}`
        const failed = {
          type: 'connect-failed',
          id,
          code,
          message,
          sent: false,
          denied: true,
        } as const
        return send(rule === undefined ? failed : { ...failed, rule })
      }
      if (!mayOpen(id)) return
      const ip = readIp(address)
      const target = ip ? { address, ip, family, port } : { address, family, port }
      const endpoint = verdict ? { ...target, egress: verdict.egress } : target
      if (verdict && changesPath(verdict.egress, family)) {
        sockets.apart = new Set(sockets.apart).add(id)
      }
      const cancel = network.connect(endpoint, result => onSettled(id, result))
      attempts.set(id, { endpoint: where, cancel })
    },
    release,
    releaseAll: () => {
      for (const id of attempts.keys()) release(id)
    },
    connectedAttempt: id => {
      const attempt = attempts.get(id)
      if (!attempt?.connected) throw fail('ERR_BUG', `attempt ${id} has no socket`)
      return attempt as ConnectedAttempt<S>
    },
    close: () => descriptors?.leave(),
    errors,
  }
  return sockets
}
