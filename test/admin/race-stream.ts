import t from 'tap'
import type { KeptRace } from '../../src/admin/kept-race.ts'
import { createRaceRing } from '../../src/admin/race-ring.ts'
import { BATCH_MAX, GATHER_MS, HEARTBEAT_MS, streamRaces } from '../../src/admin/race-stream.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

const rig = (max: number, after = 0) => {
  const clock = createHandClock()
  const ring = createRaceRing<KeptRace>(max)
  const left = new AbortController()
  let maskMs = (): number => 0
  const feed = { ring, watch: ring.watch }
  const pieces = streamRaces({
    clock,
    feed,
    mask: () => {
      clock.advance(maskMs())
      return fields => fields
    },
    signal: left.signal,
    after,
  })
  /** The ids of the next piece, after at most so much time. */
  const next = async (ms = GATHER_MS): Promise<string> => {
    const piece = pieces.next()
    await turn()
    clock.advance(ms)
    const result = await piece
    return result.done ? 'over' : result.value
  }
  const add = (count: number): void => {
    for (let i = 0; i < count; i++) ring.add(5, '{"outcome":"won"}')
  }
  return {
    slow: (ms: () => number) => (maskMs = ms),
    clock,
    ring,
    next,
    add,
    leave: () => left.abort(),
    pieces,
  }
}

const idsOf = (piece: string): readonly number[] =>
  [...piece.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))

t.test('races become events, one piece for a burst', async t => {
  const { next, add, leave, clock } = rig(10)
  t.equal(await next(), 'retry: 2000\n\n')
  add(1)
  t.equal(await next(0), 'id: 1\ndata: {"id":1,"time":5,"outcome":"won"}\n\n')
  add(2)
  const piece = next(GATHER_MS - 1)
  await turn()
  t.equal(clock.pending(), 1, 'it waits for more')
  add(1)
  clock.advance(1)
  t.same(idsOf(await piece), [2, 3, 4])
  leave()
  t.equal(await next(), 'over')
  t.equal(clock.pending(), 0)
})

t.test('a race wakes a stream that waits', async t => {
  const { next, add, leave } = rig(10)
  await next()
  const piece = next(0)
  await turn()
  add(1)
  t.same(idsOf(await piece), [1])
  leave()
})

t.test('without races there are heartbeats', async t => {
  const { next, leave, clock, pieces } = rig(10)
  await next()
  t.equal(await next(HEARTBEAT_MS), ':\n\n')
  t.equal(await next(HEARTBEAT_MS), ':\n\n')
  const last = pieces.next()
  await turn()
  leave()
  await last
  t.equal((await pieces.next()).done, true)
  t.equal(clock.pending(), 0)
})

t.test('a reader goes on after the race that it has', async t => {
  const { next, add, leave } = rig(10, 3)
  add(5)
  await next()
  t.same(idsOf(await next()), [4, 5])
  leave()
})

t.test('a slow reader gets what is left, and how many it missed', async t => {
  const { next, add, leave } = rig(3, 1)
  add(2)
  await next()
  add(8)
  const piece = await next()
  t.match(piece, /^event: skipped\ndata: \{"races":6\}\n\n/)
  t.same(idsOf(piece), [8, 9, 10])
  leave()
})

t.test('a piece has a maximum', async t => {
  const { next, add, leave } = rig(1000)
  add(BATCH_MAX + 1)
  await next()
  t.equal(idsOf(await next()).length, BATCH_MAX)
  t.same(idsOf(await next()), [BATCH_MAX + 1])
  leave()
})

t.test('a stream that is ended in a piece holds nothing', async t => {
  const { next, add, clock, pieces } = rig(10)
  await next()
  add(1)
  await next()
  await pieces.return(undefined)
  t.equal(clock.pending(), 0)
})

t.test('a piece ends early where masking takes long', async t => {
  const { next, add, leave, slow } = rig(1000)
  slow(() => 4)
  add(5)
  await next()
  t.same(idsOf(await next()), [1, 2, 3])
  t.same(idsOf(await next()), [4, 5])
  leave()
})
