import { ERRNO, SOL_SOCKET } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import { FLAG, SMALL_BYTES } from '../../../src/pipe/splice/relay-engine.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import type { RelayOptions, RelayRig } from '../../fixtures/relay-rig.ts'
import { createRelayRig, MSG_OOB } from '../../fixtures/relay-rig.ts'

const SO_SNDBUF = 7

nativeTest('a message takes two calls, and no pipe', (t, libc, defer) => {
  const made: string[] = []
  const calls: Partial<Libc> = {
    recv: (...given) => {
      made.push('recv')
      return libc.recv(...given)
    },
    send: (...given) => {
      made.push('send')
      return libc.send(...given)
    },
    pipe2: () => {
      made.push('pipe2')
      return -ERRNO.EMFILE
    },
  }
  const rig = createRelayRig(libc, defer, { calls })
  const { client, target } = rig.relay()
  rig.turn()
  t.same(made, [], 'nothing is read that is not there')
  for (let i = 0; i < 3; i++) {
    client.send('ping')
    rig.turn()
    t.equal(target.receive().bytes.toString(), 'ping')
    target.send('pong')
    rig.turn()
    t.equal(client.receive().bytes.toString(), 'pong')
  }
  t.same(made, Array.from({ length: 6 }, () => ['recv', 'send']).flat())
})

nativeTest('a read of a UNIX client that stops early is repeated', (t, libc, defer) => {
  // As behind a passed descriptor: the message ends there, and more is in the queue.
  const recv: Libc['recv'] = (fd, buffer, length, flags) =>
    libc.recv(fd, buffer, Math.min(length, 3), flags)
  const rig = createRelayRig(libc, defer, { calls: { recv } })
  const { client, target } = rig.relay({ kind: 'unix' })
  rig.turn()
  client.send('abcdef')
  rig.turn()
  t.equal(target.receive().bytes.toString(), 'abcdef')
})

nativeTest('bytes behind urgent data do not wait for others', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const { client, target } = rig.relay()
  rig.turn()
  // Three segments, all there before the worker looks: a read stops in front of the urgent byte.
  client.send('abc')
  libc.send(client.fd, Buffer.from('!'), 1, MSG_OOB)
  client.send('def')
  rig.turn()
  t.equal(
    target.receive().bytes.toString(),
    'abcdef',
    'the urgent byte itself is out of the stream',
  )
})

nativeTest('many small packets with short reads give others their turn', (t, libc, defer) => {
  let reads = 0
  const calls: Partial<Libc> = {
    recv: (fd, buffer, _, flags) => {
      reads++
      return libc.recv(fd, buffer, 1, flags)
    },
  }
  const rig = createRelayRig(libc, defer, { calls })
  const { client, target } = rig.relay()
  rig.turn()
  client.send('x'.repeat(100))
  client.end()
  rig.loop.turn(false)
  t.ok(reads <= 24, `${reads} reads in one turn`)
  rig.turn()
  t.same(target.receive(), { bytes: Buffer.from('x'.repeat(100)), end: 'eof' })
})

nativeTest('without pipes bulk is copied', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer, { calls: { pipe2: () => -ERRNO.EMFILE } })
  const { client, target, slot } = rig.relay()
  const block = Buffer.alloc(200_000, 7)
  let [sent, got] = [0, 0]
  rig.until('3 MB', () => {
    if (sent < 3_000_000) sent += Math.max(0, client.send(block))
    got += target.receive().bytes.length
    return sent >= 3_000_000 && got === sent
  })
  t.equal((rig.loop.engine.flags[2 * slot] ?? 0) & FLAG.BULK, 0)
})

nativeTest('other failures have reason error', (t, libc, defer) => {
  for (const name of ['recv', 'send'] as const) {
    let isBroken = false
    const calls: Partial<Libc> = {
      [name]: (...given: Parameters<Libc['recv']>) => (isBroken ? -110 : libc[name](...given)),
    }
    const rig = createRelayRig(libc, defer, { calls })
    const { client, target, reason } = rig.relay()
    rig.turn()
    isBroken = true
    client.send('x')
    rig.turn()
    t.equal(reason(), 'error')
    t.equal(target.receive().end, ERRNO.ECONNRESET)
  }
})

/** Sends all that a client can, several times, through a relay. */
const fillRelay = (rig: RelayRig, libc: Libc, options: RelayOptions): void => {
  const block = Buffer.alloc(1_000_000, 5)
  // A UNIX socket has as much to read as its peer could write; TCP begins with a small window.
  const { client, target } = rig.relay({ kind: 'unix', ...options })
  libc.setsockopt(client.fd, SOL_SOCKET, SO_SNDBUF, new Int32Array([1_000_000]))
  let [sent, got] = [0, 0]
  for (let i = 0; i < 8; i++) {
    for (let took = 1; took > 0; sent += Math.max(0, took)) took = client.send(block)
    rig.until('all of it', () => {
      got += target.receive().bytes.length
      return got === sent
    })
  }
}

/** A rig that notes how much each read asks for, and how much it gets. */
const notingRig = (libc: Libc, defer: (end: () => unknown) => void, calls: Partial<Libc> = {}) => {
  const asked: number[] = []
  const recv: Libc['recv'] = (fd, buffer, length, flags) => {
    asked.push(length)
    return libc.recv(fd, buffer, length, flags)
  }
  return { asked, rig: createRelayRig(libc, defer, { calls: { ...calls, recv } }) }
}

nativeTest('copied bulk is read in growing pieces', (t, libc, defer) => {
  for (const [how, calls, copied] of [
    ['without pipes', { pipe2: () => -ERRNO.EMFILE }, false],
    ['as it was asked for', { pipe2: () => t.fail('no pipe is needed') as never }, true],
  ] as const) {
    const { asked, rig } = notingRig(libc, defer, calls)
    fillRelay(rig, libc, { copied })
    t.equal(asked[0], SMALL_BYTES, how)
    t.ok(Math.max(...asked) >= 4 * SMALL_BYTES, `${Math.max(...asked)} bytes, ${how}`)
    const steps = asked.every((size, i) => i === 0 || size <= 2 * (asked[i - 1] ?? 0))
    t.ok(steps, 'each is at most twice the one before')
  }
})

nativeTest('reads shrink to what the destination accepts', (t, libc, defer) => {
  const taken = 100_000
  const send: Libc['send'] = (fd, buffer, length, flags) =>
    libc.send(fd, buffer, Math.min(length, taken), flags)
  const { asked, rig } = notingRig(libc, defer, { send })
  fillRelay(rig, libc, { copied: true })
  t.ok(asked.includes(2 * SMALL_BYTES), 'more is tried')
  t.equal(Math.max(...asked), 2 * SMALL_BYTES, 'but not more than that')
})

nativeTest('with many queued bytes no read is large', (t, libc, defer) => {
  const { asked, rig } = notingRig(libc, defer)
  const { buffers } = rig.loop.engine
  // As if destinations had not taken so much.
  const { buffer } = buffers.take(61 * 1_048_576)
  fillRelay(rig, libc, { copied: true })
  t.equal(Math.max(...asked), SMALL_BYTES)
  t.equal(buffers.inUse(), buffer.byteLength, 'queued bytes of the relay are dropped')
})
