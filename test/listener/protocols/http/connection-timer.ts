import t from 'tap'
import { createConnectionTimer } from '../../../../src/listener/protocols/http/connection-timer.ts'
import { createHandClock } from '../../../fixtures/hand-clock.ts'
import type { SessionState } from '../../../../src/listener/session-state.ts'

const create = () => {
  const clock = createHandClock()
  const facts = { movedAt: 0 }
  const waits = { idleTimeoutMs: 100, halfCloseTimeoutMs: 10 }
  const state = { clientEnded: false, parts: { clock, waits } }
  const timer = createConnectionTimer(state as unknown as SessionState, () => facts.movedAt)
  return { clock, facts, waits, state, timer }
}

t.test('each call replaces the last', async t => {
  const { clock, timer } = create()
  const ran: string[] = []
  timer.cancel()
  timer.set(10, () => ran.push('a'))
  timer.set(20, () => ran.push('b'))
  t.equal(clock.pending(), 1)
  clock.advance(20)
  t.same(ran, ['b'])
  timer.watch(() => ran.push('c'))
  timer.set(5, () => ran.push('d'))
  clock.advance(200)
  t.same(ran, ['b', 'd'])
  timer.set(5, () => ran.push('e'))
  timer.cancel()
  t.equal(clock.pending(), 0)
})

t.test('a watch waits from the last move', async t => {
  const { clock, facts, waits, state, timer } = create()
  const ended: string[] = []
  timer.watch(reason => ended.push(reason))
  clock.advance(60)
  facts.movedAt = 60
  clock.advance(99)
  t.same(ended, [])
  waits.idleTimeoutMs = 120
  clock.advance(20)
  t.same(ended, [], 'a longer limit counts at the next look')
  clock.advance(1)
  t.same(ended, ['idle'])
  t.equal(clock.pending(), 0)
  state.clientEnded = true
  facts.movedAt = 180
  timer.watch(reason => ended.push(reason))
  clock.advance(9)
  t.same(ended, ['idle'])
  clock.advance(1)
  t.same(ended, ['idle', 'half-close'])
  timer.watch(reason => ended.push(reason))
  t.equal(ended.length, 3, 'at once if the time is over')
})
