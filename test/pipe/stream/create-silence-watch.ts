import t from 'tap'
import { createSilenceWatch } from '../../../src/pipe/stream/create-silence-watch.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'

t.test('silence is counted from the last movement, with one timer', async t => {
  const clock = createHandClock()
  let expired = 0
  const watch = createSilenceWatch(clock, 100, () => expired++)
  for (let i = 0; i < 50; i++) {
    clock.advance(99)
    watch.moved()
    t.equal(clock.pending(), 1)
  }
  clock.advance(99)
  t.equal(expired, 0)
  clock.advance(1)
  t.equal(expired, 1)
  t.equal(clock.pending(), 0)
})

t.test('a timer that fires early waits for the rest', async t => {
  const clock = createHandClock()
  let early = 0.7
  let expired = 0
  createSilenceWatch(
    {
      now: clock.now,
      after: (ms, run) => {
        const cancel = clock.after(ms - early, run)
        early = 0
        return cancel
      },
    },
    100,
    () => expired++,
  )
  clock.advance(99.5)
  t.equal(expired, 0)
  clock.advance(0.5)
  t.equal(expired, 1)
})

t.test('the limit can be shortened, not lengthened', async t => {
  const clock = createHandClock()
  let expired = 0
  const watch = createSilenceWatch(clock, 100, () => expired++)
  watch.shorten(200)
  clock.advance(10)
  watch.shorten(50)
  t.equal(clock.pending(), 1)
  clock.advance(39)
  t.equal(expired, 0)
  clock.advance(1)
  t.equal(expired, 1)
})

t.test('a limit that is over when it is shortened expires at once', async t => {
  const clock = createHandClock()
  let expired = 0
  const watch = createSilenceWatch(clock, 100, () => expired++)
  clock.advance(60)
  watch.shorten(50)
  clock.advance(0)
  t.equal(expired, 1)
})

t.test('stopped, it leaves no timer', async t => {
  const clock = createHandClock()
  const watch = createSilenceWatch(clock, 100, () => t.fail('it was stopped'))
  watch.stop()
  t.equal(clock.pending(), 0)
  clock.advance(1000)
})
