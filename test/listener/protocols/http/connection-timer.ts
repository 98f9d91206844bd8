import t from 'tap'
import { createConnectionTimer } from '../../../../src/listener/protocols/http/connection-timer.ts'
import { createHandClock } from '../../../fixtures/hand-clock.ts'

t.test('each call replaces the last', async t => {
  const clock = createHandClock()
  const timer = createConnectionTimer(clock)
  const ran: string[] = []
  timer.cancel()
  timer.set(10, () => ran.push('a'))
  timer.set(20, () => ran.push('b'))
  t.equal(clock.pending(), 1)
  clock.advance(20)
  t.same(ran, ['b'])
  timer.watch(
    () => 0,
    () => 100,
    () => ran.push('c'),
  )
  timer.set(5, () => ran.push('d'))
  clock.advance(200)
  t.same(ran, ['b', 'd'])
  timer.set(5, () => ran.push('e'))
  timer.cancel()
  t.equal(clock.pending(), 0)
})

t.test('a watch waits from the last move', async t => {
  const clock = createHandClock()
  const timer = createConnectionTimer(clock)
  let movedAt = 0
  let limitMs = 100
  let ended = 0
  timer.watch(
    () => movedAt,
    () => limitMs,
    () => ended++,
  )
  clock.advance(60)
  movedAt = 60
  clock.advance(99)
  t.equal(ended, 0)
  limitMs = 120
  clock.advance(20)
  t.equal(ended, 0, 'a longer limit counts at the next look')
  clock.advance(1)
  t.equal(ended, 1)
  t.equal(clock.pending(), 0)
  timer.watch(
    () => 0,
    () => 10,
    () => ended++,
  )
  t.equal(ended, 2, 'at once if the time is over')
})
