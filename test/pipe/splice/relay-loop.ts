import { createHash, randomBytes } from 'node:crypto'
import { ERRNO } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { fuzzRelays, seeded } from '../../fixtures/relay-fuzz.ts'
import type { Peer, RelayRig, RelayRigOptions, SocketKind } from '../../fixtures/relay-rig.ts'
import { createRelayRig } from '../../fixtures/relay-rig.ts'

const KINDS: readonly SocketKind[] = ['tcp', 'unix']

/** Of the fuzz test; more by hand. */
const ROUNDS = Number(process.env['RELAY_FUZZ_ROUNDS'] ?? 4)

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Sends all of `bytes` from one peer and receives it at the other. */
const carry = (rig: RelayRig, from: Peer, to: Peer, bytes: Uint8Array, most = 65_536): Buffer => {
  const got: Buffer[] = []
  let [sent, received] = [0, 0]
  rig.until(`${bytes.length} bytes`, () => {
    if (sent < bytes.length) {
      const size = 1 + Math.floor(Math.random() * most)
      sent += Math.max(0, from.send(bytes.subarray(sent, sent + size)))
    }
    const { bytes: some } = to.receive()
    got.push(some)
    received += some.length
    return received >= bytes.length
  })
  return Buffer.concat(got)
}

for (const kind of KINDS) {
  nativeTest(`messages go both ways, and ends are passed on, ${kind}`, (t, libc, defer) => {
    const rig = createRelayRig(libc, defer)
    for (const first of ['client', 'target'] as const) {
      const relay = rig.relay({ kind })
      const one = relay[first]
      const other = relay[first === 'client' ? 'target' : 'client']
      one.send('question')
      rig.turn()
      t.equal(other.receive().bytes.toString(), 'question')
      one.send('?')
      one.end()
      rig.turn()
      const { bytes, end } = other.receive()
      t.same([bytes.toString(), end], ['?', 'eof'])
      t.equal(relay.reason(), undefined, 'half-closed')
      other.send('answer')
      rig.turn()
      t.same(one.receive(), { bytes: Buffer.from('answer'), end: 'open' })
      other.end()
      rig.turn()
      t.equal(one.receive().end, 'eof')
      t.equal(relay.reason(), 'eof')
      t.same(relay.bytes(), first === 'client' ? [9, 6] : [6, 9])
    }
  })

  nativeTest(`bulk of 8 MiB arrives intact, both ways, ${kind}`, (t, libc, defer) => {
    const rig = createRelayRig(libc, defer)
    const relay = rig.relay({ kind })
    const bytes = randomBytes(8 * 1024 * 1024)
    t.equal(hash(carry(rig, relay.client, relay.target, bytes, 400_000)), hash(bytes))
    t.equal(hash(carry(rig, relay.target, relay.client, bytes, 400_000)), hash(bytes))
    relay.client.end()
    relay.target.end()
    rig.turn()
    t.same([relay.reason(), relay.bytes()], ['eof', [bytes.length, bytes.length]])
    t.ok(
      rig.loop.engine.pipe.every(pipe => pipe === 0),
      'no pipe is in use',
    )
  })
}

nativeTest(
  'packets of one byte into a stalled destination never stall for ever',
  (t, libc, defer) => {
    const rig = createRelayRig(libc, defer)
    const relay = rig.relay({ bufferBytes: 4096 })
    const { client, target } = relay
    const sent: Buffer[] = []
    const push = (bytes: Buffer): void => {
      const took = client.send(bytes)
      if (took > 0) sent.push(bytes.subarray(0, took))
    }
    // First bulk, so that there is a pipe with bytes in it, then thousands of small packets.
    while (client.send(Buffer.alloc(0)) === 0 && sent.length < 40) {
      push(randomBytes(65_536))
      rig.loop.turn(false)
    }
    for (let i = 0; i < 20_000; i++) {
      push(Buffer.from([i]))
      if (i % 50 === 0) rig.loop.turn(false)
    }
    const all = Buffer.concat(sent)
    const got: Buffer[] = []
    let received = 0
    rig.until('everything', () => {
      const { bytes } = target.receive(10_000)
      got.push(bytes)
      received += bytes.length
      return received === all.length
    })
    t.equal(hash(Buffer.concat(got)), hash(all))
    client.end()
    target.end()
    rig.turn()
    t.same([relay.reason(), relay.bytes()], ['eof', [all.length, 0]])
  },
)

const FAULTS: Record<string, (libc: Libc, random: () => number) => RelayRigOptions> = {
  'with all that it wants': () => ({}),
  'with two pipes': () => ({ pipeLimit: 2 }),
  'without pipes': () => ({ calls: { pipe2: () => -ERRNO.EMFILE } }),
  'with calls that are interrupted, and take little': (libc, random) => {
    const some = (length: number): number => (random() < 0.3 ? Math.ceil(length / 3) : length)
    const often = (call: () => number): number => (random() < 0.1 ? -ERRNO.EINTR : call())
    return {
      calls: {
        recv: (...given) => often(() => libc.recv(...given)),
        send: (fd, bytes, length, flags) => often(() => libc.send(fd, bytes, some(length), flags)),
        splice: (from, to, length, flags) =>
          often(() => libc.splice(from, to, some(length), flags)),
      },
    }
  },
}

for (const [name, options] of Object.entries(FAULTS)) {
  nativeTest(`random peers get the right bytes and ends, ${name}`, (t, libc, defer) => {
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const rig = createRelayRig(libc, defer, { capacity: 30, ...options(libc, seeded(seed)) })
      const wrong = fuzzRelays(rig, {
        seed,
        relays: 30,
        steps: 3000,
        resets: seed % 2 === 0 ? 0 : 0.005,
      })
      t.same(wrong, [], `seed ${seed}`)
      const { engine } = rig.loop
      t.same([engine.count.live, engine.queued.size], [0, 0])
      t.ok(engine.pipe.every(pipe => pipe === 0))
    }
  })
}
