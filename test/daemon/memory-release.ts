import { getHeapSpaceStatistics } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { createMemoryRelease } from '../../src/daemon/memory-release.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'

const MIB = 1024 * 1024

const setUp = (first: number | null = 100) => {
  const clock = createHandClock()
  const state = { connections: 0, mib: first, after: 105, collections: 0 }
  const waiting: (() => void)[] = []
  const release = createMemoryRelease({
    clock,
    connections: () => state.connections,
    idle: () => new Promise(resolve => waiting.push(resolve)),
    residentBytes: () => (state.mib === null ? null : state.mib * MIB),
    collect: () => {
      state.collections++
      state.mib = state.after
    },
  })
  /** The last connection closes. */
  const leave = async (): Promise<void> => {
    state.connections = 0
    for (const resolve of waiting.splice(0)) resolve()
    await new Promise(resolve => setImmediate(resolve))
  }
  return { clock, state, waiting, release, leave }
}

t.test('memory is released after a flood, when no connection is open', async t => {
  const { clock, state, waiting, release, leave } = setUp()
  release.used()
  state.connections = 1
  state.mib = 180
  clock.advance(60_000)
  t.equal(state.collections, 0, 'a connection is open')
  t.equal(clock.pending(), 0, 'no timer runs while a connection is idle')
  release.used()
  t.equal(clock.pending(), 0)
  t.equal(waiting.length, 1, 'it waits for idle once')
  await leave()
  clock.advance(1000)
  release.used()
  clock.advance(1000)
  t.equal(state.collections, 0, 'a connection was open within the quiet time')
  clock.advance(4000)
  t.equal(state.collections, 1)
  t.equal(clock.pending(), 0, 'an idle daemon has no timer')
  clock.advance(60_000)
  t.equal(state.collections, 1)
})

t.test('a process that has hardly grown keeps its memory', async t => {
  const { clock, state, release } = setUp()
  state.mib = 115
  release.used()
  clock.advance(10_000)
  t.equal(state.collections, 0)
  state.mib = 117
  release.used()
  clock.advance(10_000)
  t.equal(state.collections, 1)
})

t.test('growth counts from the lowest value so far', async t => {
  const { clock, state, release } = setUp()
  state.mib = 60
  release.used()
  clock.advance(10_000)
  state.mib = 80
  release.used()
  clock.advance(10_000)
  t.equal(state.collections, 1)
})

t.test('a collection without effect is not repeated before more growth', async t => {
  const { clock, state, release } = setUp()
  state.mib = 150
  state.after = 150
  for (let i = 0; i < 5; i++) {
    release.used()
    clock.advance(10_000)
  }
  t.equal(state.collections, 1)
})

t.test('nothing is released if the memory is unknown', async t => {
  const { clock, state, release } = setUp(null)
  release.used()
  clock.advance(10_000)
  state.mib = 200
  release.used()
  clock.advance(10_000)
  t.equal(state.collections, 0, 'the first known value is the lowest')
  state.mib = null
  release.used()
  clock.advance(10_000)
  state.mib = 220
  release.used()
  clock.advance(10_000)
  t.equal(state.collections, 1)
})

t.test('stop cancels the timer', async t => {
  const { clock, state, release, leave } = setUp()
  state.mib = 200
  release.used()
  release.stop()
  t.equal(clock.pending(), 0)
  release.stop()
  const other = setUp()
  other.state.connections = 1
  other.release.used()
  other.clock.advance(10_000)
  other.release.stop()
  await other.leave()
  t.equal(other.clock.pending(), 0)
  await leave()
  t.equal(state.collections, 0)
})

const youngMiB = (): number =>
  (getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0) /
  MIB

t.test('V8 collects by default, and no later context has gc', async t => {
  const clock = createHandClock()
  let bytes = 0
  const make = (): WeakRef<object> => new WeakRef({ size: 1 })
  const lost = make()
  const release = createMemoryRelease({
    clock,
    connections: () => 0,
    idle: async () => {},
    residentBytes: () => bytes,
  })
  bytes = 100 * MIB
  release.used()
  // A WeakRef keeps its target until the end of the turn.
  await new Promise(resolve => setImmediate(resolve))
  const kept: object[] = []
  for (let i = 0; i < 3e6; i++) kept[i % 1e5] = { i }
  const before = youngMiB()
  kept.length = 0
  clock.advance(10_000)
  t.equal(lost.deref(), undefined)
  const [major = 0] = process.versions.node.split('.').map(Number)
  if (major >= 22) t.ok(youngMiB() < before / 2, `${before} MiB became ${youngMiB()}`)
  t.equal(runInNewContext('typeof gc'), 'undefined')
})

t.test('the memory is that of the process by default', async t => {
  const clock = createHandClock()
  let collections = 0
  const release = createMemoryRelease({
    clock,
    connections: () => 0,
    idle: async () => {},
    collect: () => collections++,
  })
  const kept = Buffer.alloc(64 * MIB, 1)
  release.used()
  clock.advance(10_000)
  t.equal(collections, 1)
  t.equal(kept[0], 1)
})
