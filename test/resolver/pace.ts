import fc from 'fast-check'
import t from 'tap'
import { ON_THE_WAY_MAX_MS, createPace } from '../../src/resolver/pace.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'

const setUp = (max: number) => {
  const clock = createHandClock()
  const pace = createPace(clock, max)
  const sent: string[] = []
  const enter = (name: string, server = 's1') => pace.enter(server, () => sent.push(name))
  return { clock, sent, enter }
}

t.test('where there is room a question is sent at once, and no timer runs', async t => {
  const { clock, sent, enter } = setUp(2)
  enter('a')
  enter('b')
  t.same(sent, ['a', 'b'])
  t.equal(clock.pending(), 0)
})

t.test('one that is answered makes room for the next, in their order', async t => {
  const { clock, sent, enter } = setUp(2)
  const [a, b] = [enter('a'), enter('b')]
  enter('c')
  enter('d')
  enter('e')
  t.same(sent, ['a', 'b'])
  t.equal(clock.pending(), 1)
  b()
  t.same(sent, ['a', 'b', 'c'])
  b()
  t.same(sent, ['a', 'b', 'c'], 'once')
  a()
  t.same(sent, ['a', 'b', 'c', 'd'])
  t.equal(clock.pending(), 1)
})

t.test('each server has its own room', async t => {
  const { sent, enter } = setUp(1)
  enter('a')
  enter('b')
  enter('c', 's2')
  t.same(sent, ['a', 'c'])
})

t.test('a question without an answer holds its place for a short time only', async t => {
  const { clock, sent, enter } = setUp(2)
  enter('a')
  clock.advance(ON_THE_WAY_MAX_MS / 2)
  enter('b')
  for (const name of ['c', 'd', 'e']) enter(name)
  clock.advance(ON_THE_WAY_MAX_MS / 2 - 1)
  t.same(sent, ['a', 'b'])
  clock.advance(1)
  t.same(sent, ['a', 'b', 'c'])
  clock.advance(ON_THE_WAY_MAX_MS / 2)
  t.same(sent, ['a', 'b', 'c', 'd'])
  clock.advance(ON_THE_WAY_MAX_MS / 2)
  t.same(sent, ['a', 'b', 'c', 'd', 'e'])
  t.equal(clock.pending(), 0)
  clock.advance(ON_THE_WAY_MAX_MS)
  enter('f')
  t.equal(sent.at(-1), 'f')
})

t.test('one that nobody wants any longer is not sent, and leaves no timer', async t => {
  const { clock, sent, enter } = setUp(1)
  const a = enter('a')
  const b = enter('b')
  b()
  t.equal(clock.pending(), 0)
  a()
  t.same(sent, ['a'])
  enter('c')
  t.same(sent, ['a', 'c'])
})

t.test('a timer that comes early changes nothing and is set again', async t => {
  let now = 0
  const timers: (() => void)[] = []
  const clock = {
    now: () => now,
    after: (_: number, run: () => void) => (timers.push(run), () => {}),
  }
  const pace = createPace(clock, 1)
  let sent = 0
  for (let i = 0; i < 2; i++) pace.enter('s1', () => sent++)
  now = ON_THE_WAY_MAX_MS - 0.5
  timers[0]?.()
  t.equal(sent, 1)
  t.equal(timers.length, 2)
  now = ON_THE_WAY_MAX_MS
  timers[1]?.()
  t.equal(sent, 2)
})

t.test(
  'whatever comes and goes: never too many at a time, all are sent, nothing is left',
  async t => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('enter' as const) }),
      fc.record({ do: fc.constant('leave' as const), which: fc.nat(30) }),
      fc.record({ do: fc.constant('wait' as const), ms: fc.nat(ON_THE_WAY_MAX_MS) }),
    )
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(step, { maxLength: 60 }),
        (max, steps) => {
          const clock = createHandClock()
          const pace = createPace(clock, max)
          const live = new Map<number, { leave: () => void; sentAt: number | undefined }>()
          let id = 0
          let missed = 0
          for (const each of steps) {
            if (each.do === 'wait') clock.advance(each.ms)
            else if (each.do === 'enter') {
              const place = { leave: () => {}, sentAt: undefined as number | undefined }
              live.set(id++, place)
              place.leave = pace.enter('s', () => (place.sentAt = clock.now()))
            } else {
              const key = [...live.keys()][each.which]
              if (key === undefined) continue
              live.get(key)?.leave()
              live.delete(key)
            }
            const fresh = [...live.values()].filter(
              ({ sentAt }) => sentAt !== undefined && clock.now() - sentAt < ON_THE_WAY_MAX_MS,
            )
            if (fresh.length > max) missed++
            const waits = [...live.values()].some(({ sentAt }) => sentAt === undefined)
            if (waits && fresh.length < max) missed++
          }
          clock.advance(ON_THE_WAY_MAX_MS * (id + 1))
          return (
            missed === 0 &&
            clock.pending() === 0 &&
            [...live.values()].every(({ sentAt }) => sentAt !== undefined)
          )
        },
      ),
      { numRuns: 500 },
    )
    t.pass()
  },
)
