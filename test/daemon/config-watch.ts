import t from 'tap'
import type { Look } from '../../src/daemon/look-at-file.ts'
import { createConfigWatch } from '../../src/daemon/config-watch.ts'
import { LOOK_INTERVAL_MS } from '../../src/daemon/watch-files.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { settled } from '../fixtures/script-lookup.ts'

const rig = () => {
  const clock = createHandClock()
  const state = {
    wanted: true,
    found: { seen: '1', instead: null, size: 1 } as Look,
    looks: 0,
    changes: 0,
  }
  const watch = createConfigWatch({
    clock,
    look: async path => {
      if (path === 'a.yaml') state.looks++
      return state.found
    },
    paths: () => (state.wanted ? ['a.yaml'] : []),
    changed: async () => void state.changes++,
  })
  const looks = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      clock.advance(LOOK_INTERVAL_MS)
      await settled()
    }
  }
  return { clock, state, watch, looks }
}

t.test('each content counts once, and the first one too', async t => {
  const { state, watch, looks } = rig()
  watch.follow()
  await looks(3)
  t.equal(state.changes, 1)
  state.found = { ...state.found, seen: '2' }
  await looks(1)
  t.equal(state.changes, 1, 'somebody may still write it')
  await looks(1)
  t.equal(state.changes, 2)
  watch.follow()
  await looks(3)
  t.equal(state.changes, 2, 'a reload does not begin anew')
})

t.test('it is looked at only while that is wanted', async t => {
  const { clock, state, watch, looks } = rig()
  state.wanted = false
  watch.follow()
  await looks(3)
  t.equal(state.looks, 0)
  state.wanted = true
  watch.follow()
  await looks(3)
  t.equal(state.changes, 1)
  state.wanted = false
  watch.follow()
  t.equal(clock.pending(), 0)
  state.wanted = true
  watch.follow()
  watch.stop()
  t.equal(clock.pending(), 0)
})

t.test('a pipe is not read again', async t => {
  const { state, watch, looks } = rig()
  state.found = { seen: 'a pipe 1', instead: 'a pipe', size: 0 }
  watch.follow()
  await looks(4)
  t.equal(state.changes, 0)
})
