import { ERRNO } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/types.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { createRelayRig } from '../../fixtures/relay-rig.ts'

nativeTest('a silent relay ends when its time is over, and never before', (t, libc, defer) => {
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

nativeTest('a byte either way begins the time anew', (t, libc, defer) => {
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

nativeTest('sweeps keep a distance', (t, libc, defer) => {
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
  'bytes that came while the process was stopped count before silence does',
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

nativeTest('a stop right behind the last look at the sockets is seen too', (t, libc, defer) => {
  let onWaited = (): void => {}
  const epollWait: Libc['epollWait'] = (...given) => {
    const told = libc.epollWait(...given)
    onWaited()
    return told
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
