import { ERRNO, SOL_SOCKET } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/types.ts'
import { FLAG } from '../../../src/pipe/splice/relay-engine.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { createRelayRig } from '../../fixtures/relay-rig.ts'

const MSG_OOB = 1
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

nativeTest(
  'many small packets where short reads say nothing give others their turn',
  (t, libc, defer) => {
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
  },
)

nativeTest('without pipes, much goes by copies', (t, libc, defer) => {
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

nativeTest('what fails otherwise is an error', (t, libc, defer) => {
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

nativeTest(
  'without pipes, large pieces are read as long as few wait for others',
  (t, libc, defer) => {
    let largest = 0
    const calls: Partial<Libc> = {
      pipe2: () => -ERRNO.EMFILE,
      recv: (fd, buffer, length, flags) => {
        const got = libc.recv(fd, buffer, length, flags)
        largest = Math.max(largest, got)
        return got
      },
    }
    const rig = createRelayRig(libc, defer, { calls })
    const block = Buffer.alloc(1_000_000, 5)
    const most = (): number => {
      largest = 0
      // A UNIX socket has as much to read as its peer could write; TCP begins with a small window.
      const { client, target } = rig.relay({ kind: 'unix' })
      libc.setsockopt(client.fd, SOL_SOCKET, SO_SNDBUF, new Int32Array([1_000_000]))
      let [sent, got] = [0, 0]
      for (let i = 0; i < 4; i++) {
        for (let took = 1; took > 0; sent += Math.max(0, took)) took = client.send(block)
        rig.until('all of it', () => {
          got += target.receive().bytes.length
          return got === sent
        })
      }
      return largest
    }
    const first = most()
    t.ok(first > 65_536, `${first} bytes`)
    // As if so many destinations had not taken what was read for them.
    const { held } = rig.loop.engine
    for (let other = 100; other < 164; other++) held.set(other, block)
    t.equal(most(), 65_536)
    for (let other = 100; other < 164; other++) held.delete(other)
  },
)
