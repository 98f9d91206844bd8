import { ERRNO } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import { keepAliveRelays, writeKeepAlive } from '../../../src/pipe/splice/relay-timers.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import type { RelayRig, Relayed } from '../../fixtures/relay-rig.ts'
import { createRelayRig } from '../../fixtures/relay-rig.ts'
import { tcpOptionsOf } from '../../fixtures/tcp-options.ts'

const FIRST = { idleMs: 60_000, intervalMs: 15_000, count: 4 }
const SECOND = { idleMs: 7000, intervalMs: 3000, count: 2 }

/** Of the client's side and the target's. */
const keptAlive = (libc: Libc, { memory }: RelayRig, { slot }: Relayed): unknown[] =>
  [0, 1].map(side => tcpOptionsOf(libc, memory.fds[2 * slot + side] ?? -1).keepAlive)

nativeTest('a target gets keepalive when its relay is a second old', (t, libc, defer) => {
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

nativeTest('later relays get the keepalive of their time', (t, libc, defer) => {
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

nativeTest('a target with keepalive of its own keeps it', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  writeKeepAlive(rig.memory, FIRST)
  const [own, other] = [rig.relay({ ownKeepAlive: true }), rig.relay()]
  rig.turn()
  rig.clock.ms += 1000
  rig.turn()
  t.same(keptAlive(libc, rig, own)[1], 'off', 'off, as an access rule may say')
  t.same(keptAlive(libc, rig, other)[1], [60, 15, 4])
})

nativeTest('keepalive that is turned off meanwhile is not set', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  writeKeepAlive(rig.memory, FIRST)
  const relay = rig.relay()
  rig.turn()
  writeKeepAlive(rig.memory, null)
  rig.clock.ms += 1000
  rig.turn()
  t.same(keptAlive(libc, rig, relay), ['off', 'off'])
})

nativeTest('ended and failed relays get no keepalive', (t, libc, defer) => {
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

nativeTest('an idle relay ends at its limit, and never earlier', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const relay = rig.relay({ idleMs: 5000 })
  const other = rig.relay({ idleMs: 60_000 })
  rig.turn()
  t.equal(rig.loop.engine.count.sweepAt, 6000)
  rig.clock.ms += 4999.99
  rig.turn()
  t.equal(relay.reason(), undefined)
  rig.clock.ms += 0.01
  rig.turn()
  t.equal(relay.reason(), 'idle')
  t.equal(other.reason(), undefined)
  t.equal(rig.loop.engine.count.sweepAt, 61_000, 'nothing to look for until then')
  t.same([relay.client.receive().end, relay.target.receive().end], ['eof', 'eof'])
})

nativeTest('a byte in either direction restarts the idle time', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const relay = rig.relay({ idleMs: 5000 })
  for (const peer of [relay.client, relay.target]) {
    rig.turn()
    rig.clock.ms += 4000
    peer.send('.')
    rig.turn()
    rig.clock.ms += 4000
    rig.turn()
    t.equal(relay.reason(), undefined)
  }
  rig.clock.ms += 1000
  rig.turn()
  t.equal(relay.reason(), 'idle')
})

nativeTest('a half-closed relay may be silent for less', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const relay = rig.relay({ idleMs: 5000, halfCloseMs: 1000 })
  const longer = rig.relay({ idleMs: 5000, halfCloseMs: 9000 })
  rig.turn()
  rig.clock.ms += 500
  relay.target.end()
  longer.target.end()
  rig.turn()
  rig.clock.ms += 999
  relay.client.send('late')
  rig.turn()
  rig.clock.ms += 999
  rig.turn()
  t.equal(relay.reason(), undefined)
  rig.clock.ms += 100
  rig.turn()
  t.equal(relay.reason(), 'half-close')
  rig.clock.ms = 6499
  rig.turn()
  t.equal(longer.reason(), undefined)
  rig.clock.ms += 100
  rig.turn()
  t.equal(longer.reason(), 'idle', 'the lesser of both limits')
})

nativeTest('sweeps keep their least interval', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const relays = [5000, 5010, 5020].map(idleMs => rig.relay({ idleMs }))
  rig.turn()
  const ended = (): number => relays.filter(relay => relay.reason() === 'idle').length
  rig.clock.ms += 5000
  rig.turn()
  t.equal(ended(), 1)
  rig.clock.ms += 99
  rig.turn()
  t.equal(ended(), 1)
  rig.clock.ms += 1
  rig.turn()
  t.equal(ended(), 3)
  t.equal(rig.loop.engine.count.sweepAt, Infinity)
})

nativeTest(
  'bytes that came while the process was stopped count before the idle limit',
  (t, libc, defer) => {
    const IDLE_MS = 5000
    // More than one look at the sockets can bring.
    for (const relays of [1, 300]) {
      let onWait: (() => void) | undefined
      const epollWait: Libc['epollWait'] = (epoll, events, count, timeoutMs) => {
        if (!onWait || timeoutMs === 0) return libc.epollWait(epoll, events, count, 0)
        onWait()
        onWait = undefined
        // A wait of a process that was stopped and goes on is interrupted (signal(7)).
        return -ERRNO.EINTR
      }
      const rig = createRelayRig(libc, defer, { capacity: relays + 1, calls: { epollWait } })
      const talking = Array.from({ length: relays }, () => rig.relay({ idleMs: IDLE_MS }))
      const silent = rig.relay({ idleMs: IDLE_MS })
      rig.turn()
      onWait = () => {
        for (const { client } of talking) client.send('.')
        rig.clock.ms += 2 * IDLE_MS
      }
      rig.loop.turn(true)
      t.equal(onWait, undefined, 'it has waited')
      rig.turn()
      t.same([...new Set(talking.map(({ reason }) => reason()))], [undefined])
      t.equal(silent.reason(), 'idle')
    }
  },
)

nativeTest('a stop just after the last epoll_wait is noticed', (t, libc, defer) => {
  let onWaited = (): void => {}
  const epollWait: Libc['epollWait'] = (...given) => {
    const reports = libc.epollWait(...given)
    onWaited()
    return reports
  }
  const rig = createRelayRig(libc, defer, { calls: { epollWait } })
  const relay = rig.relay({ idleMs: 5000 })
  rig.turn()
  onWaited = () => {
    onWaited = () => {}
    relay.client.send('.')
    rig.clock.ms += 10_000
  }
  rig.turn()
  t.equal(relay.reason(), undefined)
  t.equal(relay.target.receive().bytes.toString(), '.')
})
