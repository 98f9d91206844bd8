import t from 'tap'

import type { Deadline } from '../../src/core/deadlines.ts'
import { createDeadlines } from '../../src/core/deadlines.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'

t.test('each comes at its own time, by one timer', async t => {
  const clock = createHandClock()
  const deadlines = createDeadlines(clock, 100)
  const came: string[] = []
  deadlines.add(() => came.push('first'))
  clock.advance(30)
  deadlines.add(() => came.push('second'))
  deadlines.add(() => came.push('third'))
  t.equal(clock.pending(), 1)
  clock.advance(69)
  t.same(came, [])
  clock.advance(1)
  t.same(came, ['first'])
  clock.advance(29)
  t.same(came, ['first'])
  clock.advance(1)
  t.same(came, ['first', 'second', 'third'])
  t.equal(clock.pending(), 0)
})

t.test('what is taken off never comes, and the others at their time', async t => {
  const clock = createHandClock()
  const deadlines = createDeadlines(clock, 100)
  const came: number[] = []
  const all: Deadline[] = []
  for (const n of [0, 1, 2, 3, 4]) {
    all.push(deadlines.add(() => came.push(n)))
    clock.advance(10)
  }
  // The first, one between two, and the last; the second time is none.
  for (const n of [0, 2, 4, 2]) deadlines.remove(all[n] as Deadline)
  clock.advance(59)
  t.same(came, [])
  clock.advance(1)
  t.same(came, [1])
  deadlines.remove(all[1] as Deadline)
  clock.advance(20)
  t.same(came, [1, 3])
  t.equal(clock.pending(), 0)
})

t.test('a deadline keeps its time when what it calls is replaced', async t => {
  const clock = createHandClock()
  const deadlines = createDeadlines(clock, 100)
  const came: string[] = []
  const deadline = deadlines.add(() => came.push('first owner'))
  clock.advance(60)
  deadlines.add(() => came.push('another'))
  deadlines.replace(deadline, () => came.push('second owner'))
  clock.advance(40)
  t.same(came, ['second owner'])
  deadlines.replace(deadline, () => came.push('too late'))
  clock.advance(60)
  t.same(came, ['second owner', 'another'])
})

t.test('with the last one the timer goes, and comes again with the next', async t => {
  const clock = createHandClock()
  const deadlines = createDeadlines(clock, 100)
  let came = 0
  deadlines.remove(deadlines.add(() => came++))
  t.equal(clock.pending(), 0)
  clock.advance(50)
  deadlines.add(() => came++)
  clock.advance(99)
  t.equal(came, 0)
  clock.advance(1)
  t.equal(came, 1)
})

t.test('a timer that fires early brings nothing early', async t => {
  let now = 0
  const timers: { readonly delayMs: number; readonly run: () => void }[] = []
  const clock = {
    now: () => now,
    after: (delayMs: number, run: () => void) => {
      timers.push({ delayMs, run })
      return () => {}
    },
  }
  const deadlines = createDeadlines(clock, 100)
  let came = 0
  deadlines.add(() => came++)
  now = 99.5
  timers[0]?.run()
  t.equal(came, 0)
  t.equal(timers[1]?.delayMs, 0.5)
  now = 100
  timers[1]?.run()
  t.equal(came, 1)
  t.equal(timers.length, 2)
})

t.test('one that throws, and one that adds and takes off, leave the rest as it is', async t => {
  const clock = createHandClock()
  const deadlines = createDeadlines(clock, 100)
  const came: string[] = []
  deadlines.add(() => {
    throw new Error('at its deadline')
  })
  deadlines.add(() => {
    came.push('second')
    deadlines.remove(third)
    deadlines.add(() => came.push('again'))
  })
  const third = deadlines.add(() => came.push('third'))
  t.throws(() => clock.advance(100), { message: 'at its deadline' })
  clock.advance(0)
  t.same(came, ['second'])
  clock.advance(100)
  t.same(came, ['second', 'again'])
  t.equal(clock.pending(), 0)
})

t.test('what becomes due while others come has a timer of its own', async t => {
  const clock = createHandClock()
  let skipMs = 0
  const asked: number[] = []
  const skipping = {
    now: () => clock.now() + skipMs,
    after: (delayMs: number, run: () => void) => {
      asked.push(delayMs)
      return clock.after(delayMs, run)
    },
  }
  const deadlines = createDeadlines(skipping, 100)
  const came: string[] = []
  deadlines.add(() => {
    came.push('first')
    // As where the process is stopped here for a while.
    skipMs = 1000
  })
  clock.advance(50)
  deadlines.add(() => came.push('second'))
  clock.advance(50)
  t.equal(asked.at(-1), -950, 'the clock gets how late it is')
  t.same(came, ['first', 'second'])
})
