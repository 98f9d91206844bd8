import { STOP_BIT } from '../../../src/pipe/splice/relay-memory.ts'
import { putRing } from '../../../src/pipe/splice/ring.ts'
import { takeSubmissions } from '../../../src/pipe/splice/take-submissions.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { createRelayRig } from '../../fixtures/relay-rig.ts'

nativeTest('relays begin and end as they are asked to', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  t.equal(takeSubmissions(rig.loop.engine), false)
  const relays = [rig.relay(), rig.relay()]
  t.equal(takeSubmissions(rig.loop.engine), true)
  t.equal(rig.loop.engine.count.live, 2)
  relays[0]?.stop()
  rig.turn()
  t.same(
    relays.map(relay => relay.reason()),
    ['drain', undefined],
  )
})

nativeTest('one that is stopped before it was begun is begun and stopped', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const relay = rig.relay()
  relay.stop()
  rig.turn()
  t.equal(relay.reason(), 'drain')
})

nativeTest(
  'a stop that comes after the end stops nobody, whose slot it may be now',
  (t, libc, defer) => {
    const rig = createRelayRig(libc, defer, { capacity: 1 })
    const first = rig.relay()
    rig.turn()
    first.client.end()
    first.target.end()
    rig.until('the end', () => first.reason() === 'eof')
    // In this order, since the main thread had not heard of the end.
    first.stop()
    const second = rig.relay()
    rig.turn()
    t.equal(second.reason(), undefined)
    second.stop()
    rig.turn()
    t.equal(second.reason(), 'drain')
  },
)

nativeTest('a number that is no slot is a bug', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer, { capacity: 4 })
  for (const value of [4, 5 | STOP_BIT, -2]) {
    putRing(rig.memory.submissions, value)
    t.throws(() => takeSubmissions(rig.loop.engine), { code: 'ERR_BUG' })
  }
})
