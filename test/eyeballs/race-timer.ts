import t from 'tap'

import { createDeadlines } from '../../src/core/deadlines.ts'
import { createRaceTimer } from '../../src/eyeballs/race-timer.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'

const STARTED_AT = 1000

const setUp = (shared: boolean, connectTimeoutMs: number | null = 30_000) => {
  const clock = createHandClock(STARTED_AT)
  const deadlines = shared ? createDeadlines(clock, 30_000) : undefined
  let woken = 0
  const wake = (): void => void woken++
  const timer = createRaceTimer(clock, STARTED_AT, connectTimeoutMs, deadlines, wake)
  return { clock, deadlines, timer, woken: () => woken }
}

t.test('races that wait for their deadline share a timer', async t => {
  const { clock, deadlines, timer, woken } = setUp(true)
  const other = createRaceTimer(clock, STARTED_AT, 30_000, deadlines, () =>
    t.fail('it was stopped'),
  )
  timer.begin(0)
  timer.wakeAt(30_000)
  other.begin(0)
  other.wakeAt(30_000)
  t.equal(clock.pending(), 1)
  other.stop()
  clock.advance(29_999)
  t.equal(woken(), 0)
  clock.advance(1)
  t.equal(woken(), 1)
  // What the race asks for again, should its own reckoning be a fraction behind, it gets.
  timer.wakeAt(30_000)
  clock.advance(0)
  t.equal(woken(), 2)
  timer.stop()
  t.equal(clock.pending(), 0)
})

t.test('any other time has a timer, which the next one replaces', async t => {
  const { clock, timer, woken } = setUp(true)
  timer.begin(0)
  timer.wakeAt(250)
  t.equal(clock.pending(), 2)
  timer.wakeAt(30_000)
  t.equal(clock.pending(), 1)
  clock.advance(250)
  t.equal(woken(), 0)
  timer.wakeAt(500)
  clock.advance(250)
  t.equal(woken(), 1)
  timer.stop()
  t.equal(clock.pending(), 0)
})

t.test('without others it has a timer for its deadline, and without a deadline none', async t => {
  const { clock, timer, woken } = setUp(false)
  timer.begin(0)
  t.equal(clock.pending(), 0)
  timer.wakeAt(30_000)
  clock.advance(30_000)
  t.equal(woken(), 1)
  const endless = setUp(true, null)
  endless.timer.begin(0)
  t.equal(endless.clock.pending(), 0)
  endless.timer.stop()
})
