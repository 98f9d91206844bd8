import type { Libc } from '../../../src/libc/types.ts'
import { keepAliveRelays, writeKeepAlive } from '../../../src/pipe/splice/keep-alive.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { createRelayRig } from '../../fixtures/relay-rig.ts'
import type { Relayed, RelayRig } from '../../fixtures/relay-rig.ts'
import { tcpOptionsOf } from '../../fixtures/tcp-options.ts'

const FIRST = { idleMs: 60_000, intervalMs: 15_000, count: 4 }
const SECOND = { idleMs: 7000, intervalMs: 3000, count: 2 }

/** Of the client's side and the target's. */
const keptAlive = (libc: Libc, { memory }: RelayRig, { slot }: Relayed): unknown[] =>
  [0, 1].map(side => tcpOptionsOf(libc, memory.fds[2 * slot + side] ?? -1).keepAlive)

nativeTest('a target has keepalive once its relay has lived for a second', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  writeKeepAlive(rig.memory, FIRST)
  const relay = rig.relay()
  rig.turn()
  t.same(keptAlive(libc, rig, relay), ['off', 'off'])
  rig.clock.ms += 999
  rig.turn()
  t.same(keptAlive(libc, rig, relay), ['off', 'off'])
  rig.clock.ms += 1
  rig.turn()
  t.same(keptAlive(libc, rig, relay), ['off', [60, 15, 4]], 'a client has what its listener has')
  t.equal(rig.loop.engine.count.keepAliveAt, Infinity, 'nobody is woken for nothing')
})

nativeTest('later relays have what is in force then', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  writeKeepAlive(rig.memory, FIRST)
  const relays: Relayed[] = []
  for (const [keepAlive, expected] of [
    [FIRST, [60, 15, 4]],
    [SECOND, [7, 3, 2]],
    [null, 'off'],
    [FIRST, [60, 15, 4]],
  ] as const) {
    writeKeepAlive(rig.memory, keepAlive)
    const relay = rig.relay()
    relays.push(relay)
    rig.turn()
    rig.clock.ms += 1000
    rig.turn()
    // One that began while it was off gets it with the next that begins.
    t.same(keptAlive(libc, rig, relay)[1], expected)
  }
  t.same(keptAlive(libc, rig, relays[0] as Relayed)[1], [60, 15, 4], 'the first keeps its own')
})

nativeTest('turned off in between, nothing is set', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  writeKeepAlive(rig.memory, FIRST)
  const relay = rig.relay()
  rig.turn()
  writeKeepAlive(rig.memory, null)
  rig.clock.ms += 1000
  rig.turn()
  t.same(keptAlive(libc, rig, relay), ['off', 'off'])
})

nativeTest('relays that are over, or are about to be, are spared', (t, libc, defer) => {
  let set = 0
  const setsockopt: Libc['setsockopt'] = (fd, level, ...given) => {
    if (level === 6) set++
    return libc.setsockopt(fd, level, ...given)
  }
  const rig = createRelayRig(libc, defer, { calls: { setsockopt } })
  writeKeepAlive(rig.memory, FIRST)
  const [over, unix] = [rig.relay(), rig.relay({ kind: 'unix' })]
  rig.turn()
  over.stop()
  rig.turn()
  t.equal(over.reason(), 'drain')
  rig.clock.ms += 1000
  rig.turn()
  t.equal(set, 3, 'the other one alone')
  unix.target.send('still here')
  rig.turn()
  t.equal(unix.client.receive().bytes.toString(), 'still here')
  keepAliveRelays(rig.loop.engine)
  t.equal(set, 3, 'once for each relay')
  unix.stop()
  rig.turn()
  t.equal(rig.loop.engine.count.keepAliveAt, Infinity)
})
