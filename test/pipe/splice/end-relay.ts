import { ERRNO } from '../../../src/libc/constants.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { createRelayRig } from '../../fixtures/relay-rig.ts'

const BIG = Buffer.alloc(65_536, 'x')

nativeTest('a reset of one side becomes a reset of the other', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  for (const dead of ['client', 'target'] as const) {
    const relay = rig.relay()
    rig.turn()
    const other = relay[dead === 'client' ? 'target' : 'client']
    relay[dead].send('last words')
    relay[dead].reset()
    rig.until('the end', () => relay.reason() !== undefined)
    t.equal(relay.reason(), `${dead}-reset`)
    // The words came before the reset, in the stream and in time.
    t.same(other.receive(), { bytes: Buffer.from('last words'), end: ERRNO.ECONNRESET })
    t.same(relay.bytes(), dead === 'client' ? [10, 0] : [0, 10])
  }
})

nativeTest('a UNIX socket that was closed with bytes unread was reset', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const relay = rig.relay({ kind: 'unix' })
  relay.target.send('unread')
  rig.turn()
  relay.client.close()
  rig.turn()
  t.equal(relay.reason(), 'client-reset')
  t.equal(relay.target.receive().end, 'eof', 'a UNIX socket knows no reset')
})

nativeTest('a reply from before a reset is forwarded although sending fails', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  for (const dead of ['client', 'target'] as const) {
    const relay = rig.relay()
    rig.turn()
    const other = relay[dead === 'client' ? 'target' : 'client']
    // Bytes for a socket that has gone, then its answer: the worker meets the failed send first.
    other.send('more')
    relay[dead].send('too large')
    relay[dead].reset()
    rig.until('the end', () => relay.reason() !== undefined)
    t.equal(relay.reason(), `${dead}-reset`)
    t.same(other.receive(), { bytes: Buffer.from('too large'), end: ERRNO.ECONNRESET })
  }
})

nativeTest('a reset after a FIN is no clean end', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const relay = rig.relay()
  rig.turn()
  relay.client.send('half')
  relay.client.end()
  relay.client.reset()
  rig.until('the end', () => relay.reason() !== undefined)
  t.equal(relay.reason(), 'client-reset')
  t.same(relay.target.receive(), { bytes: Buffer.from('half'), end: ERRNO.ECONNRESET })
})

nativeTest('a reset after a half-close is noticed', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  for (const dead of ['client', 'target'] as const) {
    for (const half of ['client', 'target'] as const) {
      const relay = rig.relay()
      relay[half].end()
      rig.turn()
      relay[dead].reset()
      rig.turn()
      t.equal(relay.reason(), `${dead}-reset`, `${half} ended, ${dead} was reset`)
      if (dead === half) continue
      t.equal(relay[half].receive().end, ERRNO.ECONNRESET)
    }
  }
})

nativeTest('a destination that does not read and then dies ends the relay', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  for (const kind of ['tcp', 'unix'] as const) {
    const relay = rig.relay({ kind })
    let full = 0
    while (full < 3) {
      full = relay.client.send(BIG) < 0 ? full + 1 : 0
      rig.turn()
    }
    const [up] = relay.bytes()
    t.ok(up < 64 * 1024 * 1024, 'what waits is bounded')
    t.ok((rig.loop.engine.piped[2 * relay.slot] ?? 0) <= 1024 * 1024)
    t.equal(relay.reason(), undefined)
    relay.target.reset()
    rig.turn()
    t.equal(relay.reason(), 'target-reset')
    t.ok(rig.loop.engine.pipe.every(pipe => pipe === 0))
    // A UNIX socket has no reset, but its peer's death is seen by what it sends.
    t.ok(kind === 'unix' || relay.client.receive().end === ERRNO.ECONNRESET)
  }
})

nativeTest('a stopped idle relay ends by FIN, one with queued bytes by RST', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const idle = rig.relay()
  const held = rig.relay({ bufferBytes: 4096 })
  rig.turn()
  held.client.send(Buffer.alloc(30_000))
  rig.turn()
  t.equal(rig.loop.engine.queued.size, 1)
  idle.stop()
  held.stop()
  rig.turn()
  t.same([idle.reason(), held.reason()], ['drain', 'drain'])
  t.equal(rig.loop.engine.queued.size, 0)
  t.same([idle.client.receive().end, idle.target.receive().end], ['eof', 'eof'])
  t.equal(held.target.receive().end, ERRNO.ECONNRESET)
  t.equal(held.client.receive().end, 'eof', 'nothing was on its way there')
})

nativeTest('a descriptor leaves the table before it is closed', (t, libc, defer) => {
  const relayed = { slot: -1 }
  const tables: number[][] = []
  const close = (fd: number): number => {
    const { slot } = relayed
    if (slot >= 0) tables.push([...rig.memory.fds.subarray(2 * slot, 2 * slot + 2)])
    return libc.close(fd)
  }
  const rig = createRelayRig(libc, defer, { calls: { close } })
  const relay = rig.relay()
  rig.turn()
  const target = rig.memory.fds[2 * relay.slot + 1]
  relayed.slot = relay.slot
  relay.stop()
  rig.turn()
  relayed.slot = -1
  t.same(tables.slice(0, 2), [
    [-1, target],
    [-1, -1],
  ])
})
