import { randomBytes } from 'node:crypto'
import { ERRNO } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import { DELIVERY_TIMEOUT_MS } from '../../../src/pipe/delivery.ts'
import { failRelay, failSource } from '../../../src/pipe/splice/fail-relay.ts'
import { FLAG, STEP } from '../../../src/pipe/splice/relay-engine.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import type { Peer, RelayRig, Relayed } from '../../fixtures/relay-rig.ts'
import { createRelayRig } from '../../fixtures/relay-rig.ts'

nativeTest('the reason names the side that reset, or another error', (t, libc, defer) => {
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

nativeTest('a side fails once; if the other one fails too the relay ends', (t, libc, defer) => {
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

nativeTest('bytes for the failed side are discarded at once', (t, libc, defer) => {
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
    t.ok(copied ? engine.queued.has(client) : (engine.piped[client] ?? 0) > 0, 'bytes wait')
    failRelay(engine, target, ERRNO.ECONNRESET)
    t.same([engine.queued.size, engine.piped[client], engine.pipe[client]], [0, 0, 0])
    t.equal(engine.flags[client], (engine.flags[client] ?? 0) & ~(FLAG.READABLE | FLAG.QUEUED))
    relay.client.send('more')
    rig.clock.ms += DELIVERY_TIMEOUT_MS
    rig.turn()
    t.equal(relay.reason(), 'target-reset')
  }
})

nativeTest('a failed source is not read any more', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const relay = rig.relay()
  rig.turn()
  const { engine } = rig.loop
  t.equal(failSource(engine, 2 * relay.slot, ERRNO.ECONNRESET), STEP.WAIT)
  const bits = engine.flags[2 * relay.slot] ?? 0
  t.same([bits & FLAG.READABLE, bits & FLAG.ENDED], [0, FLAG.ENDED])
})

const KIB = 1024
const MIB = 1024 * KIB

const SIDES = ['client', 'target'] as const

const otherOf = (side: (typeof SIDES)[number]): (typeof SIDES)[number] =>
  side === 'client' ? 'target' : 'client'

/**
 * Sends while the other side does not read, and then resets.
 *
 * @returns how many bytes had left the sender: the reset discards the rest of its own queue
 */
const sendAndReset = (rig: RelayRig, from: Peer, bytes: Buffer): number => {
  let sent = 0
  for (let full = 0; sent < bytes.length && full < 3;) {
    const took = from.send(bytes.subarray(sent, sent + 200_000))
    sent += Math.max(0, took)
    full = took > 0 ? 0 : full + 1
    rig.turn()
  }
  rig.turn()
  const left = sent - from.unacknowledged()
  from.reset()
  rig.turn()
  return left
}

const receiveToEnd = (rig: RelayRig, peer: Peer): { bytes: Buffer; end: unknown } => {
  const chunks: Buffer[] = []
  let end: unknown = 'open'
  rig.until('the end', () => {
    const part = peer.receive(100_000)
    chunks.push(part.bytes)
    end = part.end
    return end !== 'open'
  })
  return { bytes: Buffer.concat(chunks), end }
}

const isLeft = ({ loop }: RelayRig): boolean =>
  loop.engine.resets.size > 0 ||
  loop.engine.queued.size > 0 ||
  loop.engine.pipe.some(pipe => pipe !== 0) ||
  loop.engine.count.checkAt !== Infinity

const SIZES = [1, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 100_000, MIB, MIB + 1, 6 * MIB]

const WAYS = {
  spliced: {},
  copied: { copied: true },
  'into small buffers': { bufferBytes: 4096 },
} as const

for (const [name, options] of Object.entries(WAYS)) {
  nativeTest(`bytes sent before a reset are delivered before it, ${name}`, (t, libc, defer) => {
    const rig = createRelayRig(libc, defer, { capacity: 40 })
    for (const failed of SIDES) {
      for (const size of SIZES) {
        const relay = rig.relay(options)
        rig.turn()
        const bytes = randomBytes(size)
        const left = sendAndReset(rig, relay[failed], bytes)
        // It reads late, and in time.
        rig.clock.ms += DELIVERY_TIMEOUT_MS / 4
        rig.turn()
        const { bytes: got, end } = receiveToEnd(rig, relay[otherOf(failed)])
        t.equal(end, ERRNO.ECONNRESET)
        t.ok(got.length >= left, `${failed}: ${got.length} of ${left} bytes`)
        t.ok(got.equals(bytes.subarray(0, got.length)))
        rig.until('the end of the relay', () => relay.reason() !== undefined)
        t.equal(relay.reason(), `${failed}-reset`)
        t.same(relay.bytes(), failed === 'client' ? [got.length, 0] : [0, got.length])
      }
    }
    t.notOk(isLeft(rig))
  })

  nativeTest(`a peer that never reads is reset after the timeout, ${name}`, (t, libc, defer) => {
    const rig = createRelayRig(libc, defer)
    for (const failed of SIDES) {
      const relay = rig.relay(options)
      rig.turn()
      const left = sendAndReset(rig, relay[failed], randomBytes(6 * MIB))
      t.ok(left > 0)
      rig.clock.ms += DELIVERY_TIMEOUT_MS - 1
      rig.turn()
      t.equal(relay.reason(), undefined)
      rig.clock.ms += 1
      rig.turn()
      t.equal(relay.reason(), `${failed}-reset`)
      t.equal(receiveToEnd(rig, relay[otherOf(failed)]).end, ERRNO.ECONNRESET)
    }
    t.notOk(isLeft(rig))
  })
}

/** A relay with a reset that waits for a reader, and how many bytes that one is to get. */
const pendingReset = (
  rig: RelayRig,
  options = {},
): { readonly relay: Relayed; readonly left: number } => {
  const relay = rig.relay({ bufferBytes: 4096, ...options })
  rig.turn()
  const left = sendAndReset(rig, relay.target, randomBytes(300_000))
  return { relay, left }
}

nativeTest('the failed socket is closed once it is read to its end', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const relay = rig.relay()
  rig.turn()
  sendAndReset(rig, relay.target, randomBytes(MIB))
  t.equal(relay.reason(), undefined)
  const fds = rig.memory.fds.subarray(2 * relay.slot, 2 * relay.slot + 2)
  rig.until('all of it in the other socket', () => {
    relay.client.receive(10_000)
    return fds[1] === -1
  })
  t.ok((fds[0] ?? -1) >= 0, 'the other one is open')
})

nativeTest('a relay that is stopped meanwhile keeps its reason', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const [{ relay: stopped }, { relay: closed }] = [pendingReset(rig), pendingReset(rig)]
  stopped.stop()
  rig.turn()
  t.equal(stopped.reason(), 'target-reset')
  t.equal(receiveToEnd(rig, stopped.client).end, ERRNO.ECONNRESET)
  t.equal(closed.reason(), undefined)
})

nativeTest('if the other side resets too the relay ends at once', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const { relay } = pendingReset(rig)
  t.equal(relay.reason(), undefined)
  relay.client.reset()
  rig.turn()
  t.equal(relay.reason(), 'target-reset', 'the first counts')
  t.notOk(isLeft(rig))
})

nativeTest('bytes and FIN of the other side change nothing', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const { relay, left } = pendingReset(rig)
  relay.client.send('thanks')
  relay.client.end()
  rig.turn()
  t.equal(relay.reason(), undefined)
  const got = receiveToEnd(rig, relay.client).bytes.length
  t.ok(got >= left)
  rig.until('the end', () => relay.reason() !== undefined)
  t.same([relay.reason(), relay.bytes()], ['target-reset', [0, got]])
})

nativeTest('idle limits do not end it', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const { relay, left } = pendingReset(rig, { idleMs: 200, halfCloseMs: 100 })
  rig.clock.ms += DELIVERY_TIMEOUT_MS / 2
  rig.turn()
  t.equal(relay.reason(), undefined)
  t.ok(receiveToEnd(rig, relay.client).bytes.length >= left)
})

nativeTest('after a half-close, either way', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  for (const half of SIDES) {
    for (const failed of SIDES) {
      const relay = rig.relay({ bufferBytes: 4096 })
      rig.turn()
      const bytes = randomBytes(half === failed ? 3000 : 300_000)
      if (half === failed) relay[failed].send(bytes)
      relay[half].end()
      rig.turn()
      const left =
        half === failed
          ? (relay[failed].reset(), bytes.length)
          : sendAndReset(rig, relay[failed], bytes)
      rig.turn()
      const { bytes: got, end } = receiveToEnd(rig, relay[otherOf(failed)])
      t.ok(got.length >= left, `${half} ended, ${failed} reset: ${got.length} of ${left}`)
      t.equal(end, half === failed ? 'eof' : ERRNO.ECONNRESET)
      rig.until('the end', () => relay.reason() !== undefined)
      t.equal(relay.reason(), `${failed}-reset`)
    }
  }
})

nativeTest('a UNIX socket is closed once it has accepted all bytes', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const relay = rig.relay({ kind: 'unix' })
  rig.turn()
  relay.client.send('unread')
  relay.target.send('last words')
  rig.turn()
  relay.target.close()
  rig.turn()
  t.equal(relay.reason(), 'target-reset')
  t.same(relay.client.receive(), { bytes: Buffer.from('last words'), end: 'eof' })
})

nativeTest('SIOCOUTQ is called seldom, and never after an orderly end', (t, libc, defer) => {
  let asked = 0
  const ioctl: Libc['ioctl'] = (...given) => {
    asked++
    return libc.ioctl(...given)
  }
  const rig = createRelayRig(libc, defer, { calls: { ioctl } })
  const inOrder = rig.relay()
  inOrder.client.send('a')
  inOrder.client.end()
  inOrder.target.send('b')
  inOrder.target.end()
  rig.turn()
  t.same([inOrder.reason(), asked], ['eof', 0])
  // All that was sent is in the send queue: 64 KiB fit into the peer's window.
  const relay = rig.relay()
  rig.turn()
  sendAndReset(rig, relay.target, randomBytes(300_000))
  for (let ms = 0; ms < DELIVERY_TIMEOUT_MS; ms++) {
    rig.clock.ms += 1
    rig.loop.turn(false)
  }
  rig.turn()
  t.equal(relay.reason(), 'target-reset')
  t.ok(asked > 10 && asked < 80, `asked ${asked} times in 2 s`)
})
