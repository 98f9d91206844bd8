import t from 'tap'
import type { StreamSocket } from '../../src/core/stream-socket.ts'
import { KEEP_ALIVE_AGE_MS, createKeptTargets } from '../../src/pipe/kept-targets.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'

const make = () => {
  const clock = createHandClock()
  const set: StreamSocket[] = []
  const targets = createKeptTargets(clock, socket => set.push(socket))
  return { clock, set, targets }
}

const socket = (): StreamSocket => ({}) as unknown as StreamSocket

t.test('a connection gets keepalive when it is a second old, and once', async t => {
  const { clock, set, targets } = make()
  const [first, second] = [socket(), socket()]
  targets.add(first)
  clock.advance(KEEP_ALIVE_AGE_MS / 2)
  targets.add(second)
  t.same(set, [])
  clock.advance(KEEP_ALIVE_AGE_MS / 2)
  t.equal(set.length, 1)
  t.equal(set[0], first)
  clock.advance(10 * KEEP_ALIVE_AGE_MS)
  t.equal(set.length, 2)
  t.equal(set[1], second)
})

t.test('one that ended before gets none', async t => {
  const { clock, set, targets } = make()
  targets.remove(targets.add(socket()))
  t.equal(clock.pending(), 0)
  const added = targets.add(socket())
  clock.advance(KEEP_ALIVE_AGE_MS)
  targets.remove(added)
  t.equal(set.length, 1)
})
