import { ERRNO } from '../../../src/libc/constants.ts'
import { DELIVERY_TIMEOUT_MS } from '../../../src/pipe/delivery.ts'
import { failRelay, failSource } from '../../../src/pipe/splice/fail-relay.ts'
import { FLAG, STEP } from '../../../src/pipe/splice/relay-engine.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { createRelayRig } from '../../fixtures/relay-rig.ts'

nativeTest('an error tells who it was, or that it was something else', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const cases = [
    [0, ERRNO.ECONNRESET, 'client-reset'],
    [1, ERRNO.ECONNRESET, 'target-reset'],
    [1, ERRNO.EPIPE, 'target-reset'],
    [0, 110, 'error'],
    // Nothing is known, and no error waits in the socket: it was reported before.
    [1, 0, 'target-reset'],
    [0, ERRNO.ENOTCONN, 'client-reset'],
  ] as const
  for (const [side, errno, reason] of cases) {
    const relay = rig.relay()
    rig.turn()
    const { engine } = rig.loop
    t.equal(failRelay(engine, 2 * relay.slot + side, errno), STEP.WAIT)
    t.match(engine.resets.get(relay.slot), {
      side: 2 * relay.slot + side,
      reason,
      endsAt: rig.clock.ms + DELIVERY_TIMEOUT_MS,
    })
    rig.clock.ms += DELIVERY_TIMEOUT_MS
    rig.turn()
    t.equal(relay.reason(), reason)
    t.equal(relay.client.receive().end, ERRNO.ECONNRESET)
    t.equal(relay.target.receive().end, ERRNO.ECONNRESET)
  }
})

nativeTest('the same side fails once; with the other one the relay is over', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  for (const side of [0, 1]) {
    const relay = rig.relay()
    rig.turn()
    const { engine } = rig.loop
    const failed = 2 * relay.slot + side
    t.equal(failRelay(engine, failed, ERRNO.ECONNRESET), STEP.WAIT)
    rig.clock.ms += 100
    t.equal(failRelay(engine, failed, 110), STEP.WAIT)
    t.equal(engine.resets.get(relay.slot)?.endsAt, rig.clock.ms - 100 + DELIVERY_TIMEOUT_MS)
    t.equal(failRelay(engine, failed ^ 1, 110), STEP.OVER)
    t.equal(engine.resets.size, 0)
    rig.turn()
    t.equal(relay.reason(), side === 0 ? 'client-reset' : 'target-reset', 'the first counts')
  }
})

nativeTest('what was on its way to the failed side is discarded at once', (t, libc, defer) => {
  for (const copied of [false, true]) {
    const rig = createRelayRig(libc, defer)
    const relay = rig.relay({ copied, bufferBytes: copied ? 4096 : 0 })
    const block = Buffer.alloc(200_000)
    for (let full = 0; full < 3;) {
      full = relay.client.send(block) > 0 ? 0 : full + 1
      rig.turn()
    }
    const { engine } = rig.loop
    const [client, target] = [2 * relay.slot, 2 * relay.slot + 1]
    t.ok(copied ? engine.held.has(client) : (engine.piped[client] ?? 0) > 0, 'bytes wait')
    failRelay(engine, target, ERRNO.ECONNRESET)
    t.same([engine.held.size, engine.piped[client], engine.pipe[client]], [0, 0, 0])
    t.equal(engine.flags[client], (engine.flags[client] ?? 0) & ~(FLAG.READABLE | FLAG.HELD))
    relay.client.send('more')
    rig.clock.ms += DELIVERY_TIMEOUT_MS
    rig.turn()
    t.equal(relay.reason(), 'target-reset')
  }
})

nativeTest('a source that cannot be read has nothing more', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const relay = rig.relay()
  rig.turn()
  const { engine } = rig.loop
  t.equal(failSource(engine, 2 * relay.slot, ERRNO.ECONNRESET), STEP.WAIT)
  const bits = engine.flags[2 * relay.slot] ?? 0
  t.same([bits & FLAG.READABLE, bits & FLAG.ENDED], [0, FLAG.ENDED])
})
