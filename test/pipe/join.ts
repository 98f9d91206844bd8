import t from 'tap'
import type { StreamSocket } from '../../src/core/stream-socket.ts'
import type { Join, Pipe, PipeResult } from '../../src/pipe/join.ts'
import { createCountedJoin, createKeptAliveJoin } from '../../src/pipe/join.ts'
import { KEEP_ALIVE_AGE_MS, createKeptTargets } from '../../src/pipe/kept-targets.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'

const RESULT: PipeResult = { bytesUp: 1, bytesDown: 2, reason: 'eof', engine: 'stream' }
const LIMITS = { idleTimeoutMs: 1, halfCloseTimeoutMs: 1 }

t.test('open pipes are counted, and nothing else changes', async t => {
  const given: Parameters<Join>[] = []
  const pipe: Pipe = { end: () => {}, bytesUp: () => 0, bytesDown: () => 0 }
  const { join, open } = createCountedJoin((...all) => {
    given.push(all)
    return pipe
  })
  const [client, upstream] = [{}, {}] as unknown as Parameters<Join>
  const results: PipeResult[] = []
  for (let i = 1; i <= 2; i++) {
    t.equal(
      join(client, upstream, LIMITS, result => results.push(result)),
      pipe,
    )
    t.equal(open(), i)
  }
  t.ok(given.every(([c, u, o]) => c === client && u === upstream && o === LIMITS))
  given[0]?.[3](RESULT)
  t.equal(open(), 1)
  t.same(results, [RESULT])
})

t.test('a pipe that could not begin does not count', async t => {
  const { join, open } = createCountedJoin(() => {
    throw new Error('a bug')
  })
  const [client, upstream] = [{}, {}] as unknown as Parameters<Join>
  t.throws(() => join(client, upstream, LIMITS, () => {}), { message: 'a bug' })
  t.equal(open(), 0)
})

/** A join of targets that get keepalive, and what it was given. */
const make = () => {
  const clock = createHandClock()
  const given: Parameters<Join>[] = []
  const pipe: Pipe = { end: () => {}, bytesUp: () => 0, bytesDown: () => 0 }
  const set: StreamSocket[] = []
  const join = createKeptAliveJoin(
    (...all) => {
      given.push(all)
      return pipe
    },
    createKeptTargets(clock, socket => set.push(socket)),
  )
  const pair = () => [{}, {}] as unknown as [StreamSocket, StreamSocket]
  return { clock, given, pipe, set, join, pair }
}

t.test('a target has keepalive when its pipe is a second old, and once', t => {
  const { clock, given, pipe, set, join, pair } = make()
  const [client, target] = pair()
  const result = join(client, target, LIMITS, () => {})
  t.equal(result, pipe)
  t.equal(given[0]?.[0], client)
  t.equal(given[0]?.[1], target)
  t.equal(given[0]?.[2], LIMITS)
  clock.advance(KEEP_ALIVE_AGE_MS - 1)
  t.same(set, [])
  clock.advance(1)
  t.equal(set.length, 1)
  t.equal(set[0], target)
  clock.advance(10 * KEEP_ALIVE_AGE_MS)
  t.equal(set.length, 1)
  t.end()
})

t.test('a pipe that ended earlier gets no keepalive, others do', t => {
  const { clock, given, set, join, pair } = make()
  const results: PipeResult[] = []
  join(...pair(), LIMITS, result => results.push(result))
  const [client, target] = pair()
  join(client, target, LIMITS, result => results.push(result))
  given[0]?.[3](RESULT)
  t.same(results, [RESULT])
  clock.advance(KEEP_ALIVE_AGE_MS)
  t.equal(set.length, 1)
  t.equal(set[0], target)
  given[1]?.[3](RESULT)
  t.equal(results.length, 2, 'also where it ends later')
  t.end()
})

t.test('a pipe that could not begin leaves nothing behind', t => {
  const clock = createHandClock()
  const join = createKeptAliveJoin(
    () => {
      throw new Error('a bug')
    },
    createKeptTargets(clock, () => t.fail('there is no pipe')),
  )
  const [client, target] = [{}, {}] as unknown as [StreamSocket, StreamSocket]
  t.throws(() => join(client, target, LIMITS, () => {}), { message: 'a bug' })
  t.equal(clock.pending(), 0)
  t.end()
})
