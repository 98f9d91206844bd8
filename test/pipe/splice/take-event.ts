import { EPOLL } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/types.ts'
import { FLAG } from '../../../src/pipe/splice/relay-engine.ts'
import { BULK_BUDGET_BYTES } from '../../../src/pipe/splice/run-direction.ts'
import { takeEvent } from '../../../src/pipe/splice/take-event.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { createRelayRig } from '../../fixtures/relay-rig.ts'

const EVERYTHING = EPOLL.IN | EPOLL.OUT | EPOLL.RDHUP | EPOLL.HUP | EPOLL.ERR

nativeTest(
  'an event of an earlier relay does nothing to the one that has its slot',
  (t, libc, defer) => {
    const rig = createRelayRig(libc, defer, { capacity: 1 })
    const { engine } = rig.loop
    const first = rig.relay()
    rig.turn()
    const old = engine.generation[0] ?? -1
    first.stop()
    rig.turn()
    takeEvent(engine, 0, old, EVERYTHING)
    t.equal(engine.flags[0], 0, 'nothing lives in the slot')
    const second = rig.relay()
    rig.turn()
    const before = [...engine.flags]
    for (const side of [0, 1]) takeEvent(engine, side, old, EVERYTHING)
    t.same([...engine.flags], before)
    rig.turn()
    t.equal(second.reason(), undefined)
    t.not(engine.generation[0], old)
  },
)

nativeTest('both sides may end in one batch of events', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const relays = Array.from({ length: 4 }, () => rig.relay())
  rig.turn()
  for (const { client, target } of relays) {
    client.reset()
    target.reset()
  }
  rig.turn()
  t.ok(relays.every(relay => relay.reason()?.endsWith('-reset')))
  t.equal(rig.loop.engine.count.live, 0)
})

nativeTest('room to write is of interest only where something waits', (t, libc, defer) => {
  let reads = 0
  const recv: Libc['recv'] = (...given) => {
    reads++
    return libc.recv(...given)
  }
  const rig = createRelayRig(libc, defer, { calls: { recv } })
  const { slot } = rig.relay()
  rig.turn()
  const { engine } = rig.loop
  takeEvent(engine, 2 * slot, engine.generation[slot] ?? -1, EPOLL.OUT)
  t.equal(reads, 0)
  t.equal(engine.ready.size(), 0)
})

nativeTest('bulk has no more than its budget at once', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const { client, slot, bytes } = rig.relay()
  rig.turn()
  const { engine } = rig.loop
  const block = Buffer.alloc(200_000)
  let sent = 0
  for (let took = 1; took > 0; sent += Math.max(0, took)) took = client.send(block)
  t.ok(sent > 3_000_000, `${sent} bytes wait`)
  engine.flags[2 * slot] = (engine.flags[2 * slot] ?? 0) | FLAG.BULK
  takeEvent(engine, 2 * slot, engine.generation[slot] ?? -1, EPOLL.IN | EPOLL.OUT)
  const [moved] = bytes()
  t.ok(moved > 0 && moved <= BULK_BUDGET_BYTES + 1_048_576, `${moved} bytes moved`)
  t.equal(engine.ready.size(), 1, 'it has more')
})
