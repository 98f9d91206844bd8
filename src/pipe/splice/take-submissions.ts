import { fail } from '../../core/fail.ts'
import { endRelay } from './end-relay.ts'
import type { RelayEngine } from './relay-engine.ts'
import { STOP_BIT } from './relay-memory.ts'
import { RING_EMPTY, takeRing } from './ring.ts'
import { startRelay } from './start-relay.ts'

/**
 * Begins and stops relays as the main thread has submitted them.
 *
 * @returns whether there was any submission
 * @throws {Failure} ERR_BUG for a number that is no slot: the shared memory is corrupt
 */
export const takeSubmissions = (engine: RelayEngine): boolean => {
  const { submissions, capacity } = engine.memory
  let taken = 0
  for (;;) {
    const value = takeRing(submissions)
    if (value === RING_EMPTY) return taken > 0
    taken++
    const slot = value & ~STOP_BIT
    if (slot < 0 || slot >= capacity)
      throw fail('ERR_BUG', `relay ${slot} of ${capacity}`, { slot })
    if ((value & STOP_BIT) === 0) startRelay(engine, slot)
    // The relay may have ended before the stop was read.
    else if (engine.live[slot] === 1) endRelay(engine, slot, 'drain')
  }
}
