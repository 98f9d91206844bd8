import type { KeepAlive } from '../../core/stream-socket.ts'
import { createSetKeepAlive } from '../../libc/connected-socket.ts'
import { KEEP_ALIVE_AGE_MS } from '../kept-targets.ts'
import { endRelay } from './end-relay.ts'
import type { RelayEngine } from './relay-engine.ts'
import { FLAG } from './relay-engine.ts'
import type { RelayMemory } from './relay-memory.ts'

/** The least time between two sweeps, in milliseconds: a relay ends at most this late, and never early. */
const SWEEP_PAUSE_MS = 100

/**
 * Ends the relays that have been idle for too long, and computes the time of the next sweep. Relays have no
 * timers: one pass over 10,000 takes some 50 us. It skips failed relays, which `checkResets` ends.
 *
 * @param at a time before the last epoll_wait
 */
export const sweepRelays = (engine: RelayEngine, at: number): void => {
  const { memory, live, flags, movedAt, count } = engine
  let next = Infinity
  for (let slot = 0; slot < count.highest; slot++) {
    if (live[slot] === 0) continue
    const bits = (flags[2 * slot] as number) | (flags[2 * slot + 1] as number)
    if ((bits & FLAG.FAILED) !== 0) continue
    const idleMs = memory.idleMs[slot] as number
    const halfCloseMs = memory.halfCloseMs[slot] as number
    const isHalfClose = (bits & FLAG.ENDED) !== 0 && halfCloseMs <= idleMs
    const endsAt = (movedAt[slot] as number) + (isHalfClose ? halfCloseMs : idleMs)
    if (at >= endsAt) endRelay(engine, slot, isHalfClose ? 'half-close' : 'idle')
    else next = Math.min(next, endsAt)
  }
  count.sweepAt = Math.max(next, at + SWEEP_PAUSE_MS)
}

/**
 * Indexes of keepalive in the control words: idle seconds (0: off), seconds between probes, number of
 * probes.
 */
const [IDLE, INTERVAL, COUNT] = [2, 3, 4] as const

const SECOND_MS = 1000

/**
 * Called by the main thread.
 *
 * @param keepAlive keepalive of relays that begin from now on; null: off
 */
export const writeKeepAlive = ({ control }: RelayMemory, keepAlive: KeepAlive | null): void => {
  Atomics.store(control, INTERVAL, (keepAlive?.intervalMs ?? 0) / SECOND_MS)
  Atomics.store(control, COUNT, keepAlive?.count ?? 0)
  Atomics.store(control, IDLE, (keepAlive?.idleMs ?? 0) / SECOND_MS)
}

/**
 * Schedules keepalive for the target of a new relay. Client sockets inherit the options of their listener.
 */
export const planKeepAlive = ({ memory, count }: RelayEngine, at: number): void => {
  if (Atomics.load(memory.control, IDLE) === 0) return
  count.keepAliveAt = Math.min(count.keepAliveAt, at + KEEP_ALIVE_AGE_MS)
}

/** Sets keepalive on each target that does not have it yet. */
export const keepAliveRelays = ({ libc, memory, live, flags, count }: RelayEngine): void => {
  const { control, fds } = memory
  count.keepAliveAt = Infinity
  const idleMs = Atomics.load(control, IDLE) * SECOND_MS
  if (idleMs === 0) return
  const intervalMs = Atomics.load(control, INTERVAL) * SECOND_MS
  const setKeepAlive = createSetKeepAlive(libc, {
    idleMs,
    intervalMs,
    count: Atomics.load(control, COUNT),
  })
  for (let slot = 0; slot < count.highest; slot++) {
    const target = 2 * slot + 1
    const bits = flags[target] as number
    if (live[slot] === 0 || (bits & (FLAG.KEPT_ALIVE | FLAG.FAILED)) !== 0) continue
    setKeepAlive(fds[target] as number)
    flags[target] = bits | FLAG.KEPT_ALIVE
  }
}
