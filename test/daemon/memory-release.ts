import t from 'tap'
import { createMemoryRelease } from '../../src/daemon/memory-release.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'

const MIB = 1024 * 1024

const setUp = () => {
  const clock = createHandClock()
  const state = { connections: 0, mib: 100, after: 105, collections: 0 }
  const release = createMemoryRelease(
    clock,
    () => state.connections,
    () => state.mib * MIB,
    () => {
      state.collections++
      state.mib = state.after
    },
  )
  return { clock, state, release }
}

t.test('after a flood, when nobody is connected any more', async t => {
  const { clock, state, release } = setUp()
  release.used()
  state.connections = 1
  state.mib = 180
  clock.advance(60_000)
  t.equal(state.collections, 0, 'somebody is')
  state.connections = 0
  clock.advance(1000)
  release.used()
  clock.advance(1000)
  t.equal(state.collections, 0, 'somebody was, just now')
  clock.advance(4000)
  t.equal(state.collections, 1)
  t.equal(clock.pending(), 0, 'an idle daemon is not woken')
  clock.advance(60_000)
  t.equal(state.collections, 1)
})

t.test('what has hardly grown keeps its memory', async t => {
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

t.test(
  'where a collection gives nothing back it is not tried again before it has grown more',
  async t => {
    const { clock, state, release } = setUp()
    state.mib = 150
    state.after = 150
    for (let i = 0; i < 5; i++) {
      release.used()
      clock.advance(10_000)
    }
    t.equal(state.collections, 1)
  },
)

t.test('it ends with the daemon', async t => {
  const { clock, state, release } = setUp()
  state.mib = 200
  release.used()
  release.stop()
  t.equal(clock.pending(), 0)
  release.stop()
  t.equal(state.collections, 0)
})

t.test('by default V8 collects, and the process stays what it is', async t => {
  const clock = createHandClock()
  let bytes = 0
  const make = (): WeakRef<object> => new WeakRef({ size: 1 })
  const lost = make()
  const release = createMemoryRelease(
    clock,
    () => 0,
    () => bytes,
  )
  bytes = 100 * MIB
  release.used()
  // What a WeakRef was asked for lives until the end of the turn.
  await new Promise(resolve => setImmediate(resolve))
  clock.advance(10_000)
  t.equal(lost.deref(), undefined)
  t.notOk('gc' in globalThis)
})
