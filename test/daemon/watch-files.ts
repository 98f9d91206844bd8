import t from 'tap'
import { LOOK_INTERVAL_MS, createWatchFiles } from '../../src/daemon/watch-files.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { settled } from '../fixtures/script-lookup.ts'

const createRig = () => {
  const clock = createHandClock()
  const contents = new Map([['a', 'first']])
  const changes: string[] = []
  const rig = { isDone: true, wait: undefined as Promise<void> | undefined, looks: 0 }
  const watch = createWatchFiles({
    clock,
    look: async path => {
      rig.looks++
      await rig.wait
      return { seen: contents.get(path) ?? 'ENOENT', instead: null, size: 0 }
    },
    changed: async (path, { seen }) => {
      changes.push(`${path} ${seen}`)
      return rig.isDone
    },
  })
  const pass = async (times = 1): Promise<void> => {
    for (let n = 0; n < times; n++) {
      clock.advance(LOOK_INTERVAL_MS)
      await settled()
    }
  }
  return { ...rig, rig, clock, contents, changes, watch, pass, taken: () => changes.splice(0) }
}

t.test('a file is handed on once after the start, and once for each change', async t => {
  const { contents, watch, pass, taken, clock } = createRig()
  watch.follow(['a', 'a'])
  await pass()
  t.same(taken(), [], 'it may be being written')
  await pass()
  t.same(taken(), ['a first'])
  await pass(5)
  t.same(taken(), [])
  contents.set('a', 'second')
  await pass()
  t.same(taken(), [])
  await pass(3)
  t.same(taken(), ['a second'])
  contents.set('a', 'first')
  await pass(2)
  t.same(taken(), ['a first'], 'what was there before is a change too')
  watch.stop()
  t.equal(clock.pending(), 0)
})

t.test('a file that keeps changing waits', async t => {
  const { contents, watch, pass, taken } = createRig()
  watch.follow(['a'])
  for (let n = 0; n < 5; n++) {
    contents.set('a', `${n}`)
    await pass()
  }
  t.same(taken(), [])
  await pass()
  t.same(taken(), ['a 4'])
  contents.set('a', 'other')
  await pass()
  contents.set('a', '4')
  await pass(3)
  t.same(taken(), [], 'back before it settled')
  watch.stop()
})

t.test('what could not be handled comes again', async t => {
  const { rig, watch, pass, taken } = createRig()
  watch.follow(['a'])
  rig.isDone = false
  await pass(4)
  t.same(taken(), ['a first', 'a first', 'a first'])
  rig.isDone = true
  await pass(3)
  t.same(taken(), ['a first'])
  watch.stop()
})

t.test('other files are watched from the next call on', async t => {
  const { contents, watch, pass, taken, clock } = createRig()
  contents.set('b', 'b1')
  watch.follow(['a'])
  await pass()
  watch.follow(['b'])
  await pass(2)
  t.same(taken(), ['b b1'])
  watch.follow(['a', 'b'])
  await pass(2)
  t.same(taken(), ['a first', 'b b1'], 'each is looked at anew')
  watch.follow([])
  t.equal(clock.pending(), 0)
})

t.test(
  'a look that takes long is not repeated meanwhile, and nothing comes after a stop',
  async t => {
    const { rig, watch, pass, taken, clock } = createRig()
    watch.follow(['a'])
    await pass()
    let go = (): void => {}
    rig.wait = new Promise(resolve => (go = resolve))
    await pass(5)
    t.equal(rig.looks, 2)
    watch.stop()
    go()
    await settled()
    t.same(taken(), [])
    t.equal(clock.pending(), 0)
  },
)
