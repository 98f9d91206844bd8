import { ERRNO } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import { STOP_BIT, putRing } from '../../../src/pipe/splice/relay-memory.ts'
import { takeSubmissions } from '../../../src/pipe/splice/take-submissions.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { createRelayRig } from '../../fixtures/relay-rig.ts'

nativeTest('relays begin and stop as submitted', (t, libc, defer) => {
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

nativeTest('a relay whose stop is already submitted begins and stops', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const relay = rig.relay()
  relay.stop()
  rig.turn()
  t.equal(relay.reason(), 'drain')
})

nativeTest('a late stop does not stop the next relay of the slot', (t, libc, defer) => {
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
})

nativeTest('a number that is no slot is a bug', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer, { capacity: 4 })
  for (const value of [4, 5 | STOP_BIT, -2]) {
    putRing(rig.memory.submissions, value)
    t.throws(() => takeSubmissions(rig.loop.engine), { code: 'ERR_BUG' })
  }
})

nativeTest('what came before the hand-over is relayed', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const relay = rig.relay({
    before: (client, target) => {
      client.send('early')
      client.end()
      target.send('220 hello')
    },
  })
  rig.turn()
  t.same(relay.target.receive(), { bytes: Buffer.from('early'), end: 'eof' })
  t.same(relay.client.receive(), { bytes: Buffer.from('220 hello'), end: 'open' })
})

nativeTest('an end that the main thread has read is passed on at once', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  for (const side of [0, 1] as const) {
    // The peers have not closed, so no FIN can be read here.
    const relay = rig.relay({ ended: side === 0 ? [1, 0] : [0, 1], halfCloseMs: 500 })
    const [ended, other] = side === 0 ? [relay.client, relay.target] : [relay.target, relay.client]
    rig.turn()
    t.equal(other.receive().end, 'eof')
    other.send('answer')
    rig.turn()
    t.equal(ended.receive().bytes.toString(), 'answer')
    rig.clock.ms += 500
    rig.turn()
    t.equal(relay.reason(), 'half-close')
  }
})

nativeTest('with both FINs read the relay ends at once', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const relay = rig.relay({ ended: [1, 1] })
  rig.turn()
  t.equal(relay.reason(), 'eof')
  t.same([relay.client.receive().end, relay.target.receive().end], ['eof', 'eof'])
})

nativeTest('sockets that were reset at the hand-over end the relay', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  for (const dead of ['client', 'target'] as const) {
    const relay = rig.relay({
      before: (client, target) => {
        const peer = dead === 'client' ? client : target
        peer.send('words')
        peer.reset()
      },
    })
    rig.turn()
    t.equal(relay.reason(), `${dead}-reset`)
    const other = relay[dead === 'client' ? 'target' : 'client']
    t.same(other.receive(), { bytes: Buffer.from('words'), end: ERRNO.ECONNRESET })
  }
  const both = rig.relay({
    before: (client, target) => {
      client.reset()
      target.reset()
    },
  })
  rig.turn()
  t.equal(both.reason(), 'client-reset')
  const ended = rig.relay({ ended: [1, 0], before: (_, target) => target.reset() })
  rig.turn()
  t.equal(ended.reason(), 'target-reset', 'FIN cannot be sent any more')
})

nativeTest('a descriptor that epoll does not take is an error', (t, libc, defer) => {
  for (const failing of [0, 1]) {
    let fd = -1
    const calls: Partial<Libc> = {
      epollCtl: (epoll, operation, of, event) =>
        of === fd ? -ERRNO.EBADF : libc.epollCtl(epoll, operation, of, event),
    }
    const rig = createRelayRig(libc, defer, { calls })
    const relay = rig.relay()
    fd = rig.memory.fds[2 * relay.slot + failing] ?? -1
    rig.turn()
    t.equal(relay.reason(), 'error')
    t.same(
      [relay.client.receive().end, relay.target.receive().end],
      [ERRNO.ECONNRESET, ERRNO.ECONNRESET],
    )
  }
})

nativeTest('bytes of a slot begin at 0 again', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer, { capacity: 1 })
  for (const words of ['some', 'more words']) {
    const relay = rig.relay()
    relay.client.send(words)
    rig.turn()
    relay.stop()
    rig.turn()
    t.same([relay.reason(), relay.bytes()], ['drain', [words.length, 0]])
  }
})
