import { createHash, randomBytes } from 'node:crypto'
import { ERRNO, F } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import { FLAG } from '../../../src/pipe/splice/relay-engine.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import type { Relayed, RelayRig, RelayRigOptions } from '../../fixtures/relay-rig.ts'
import { createRelayRig } from '../../fixtures/relay-rig.ts'

const MSG_OOB = 1
const MIB = 1024 * 1024

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Sends until the relay and both sockets are full. */
const fill = (rig: RelayRig, relay: Relayed, bytes: Buffer): number => {
  let sent = 0
  for (let full = 0; full < 3;) {
    const took = relay.client.send(bytes.subarray(sent, sent + 200_000))
    if (took > 0) sent += took
    full = took > 0 ? 0 : full + 1
    rig.turn()
  }
  return sent
}

/** Receives what was sent, slowly. */
const drain = (rig: RelayRig, relay: Relayed, count: number): Buffer => {
  const chunks: Buffer[] = []
  let got = 0
  rig.until(`${count} bytes`, () => {
    const { bytes } = relay.target.receive(50_000)
    chunks.push(bytes)
    got += bytes.length
    return got >= count
  })
  return Buffer.concat(chunks)
}

/** Relays 16 MiB through a destination that first is full, and compares. */
const bulk = (
  rig: RelayRig,
  relay: Relayed,
): { readonly same: boolean; readonly piped: number } => {
  const bytes = randomBytes(16 * MIB)
  const sent = fill(rig, relay, bytes)
  const piped = rig.loop.engine.piped[2 * relay.slot] ?? 0
  return { same: hash(drain(rig, relay, sent)) === hash(bytes.subarray(0, sent)), piped }
}

const cases: Record<string, RelayRigOptions> = {
  'with pipes of 1 MiB': {},
  'with one pipe': { pipeLimit: 1 },
  'past the quota of pipes': {},
}

for (const [name, options] of Object.entries(cases)) {
  nativeTest(`a destination that stalls and goes on gets every byte, ${name}`, (t, libc, defer) => {
    const isShort = name.includes('quota')
    const fcntl: Libc['fcntl'] = (fd, command, value) =>
      isShort && command === F.SETPIPE_SZ ? -ERRNO.EPERM : libc.fcntl(fd, command, value)
    const rig = createRelayRig(libc, defer, { ...options, calls: { fcntl } })
    for (const kind of ['tcp', 'unix'] as const) {
      const relay = rig.relay({ kind, bufferBytes: kind === 'tcp' ? 0 : 100_000 })
      const { same, piped } = bulk(rig, relay)
      t.ok(same, kind)
      t.ok(piped <= MIB)
      t.ok(piped > 0 || isShort || kind === 'unix', 'bytes waited in a pipe')
      t.ok(
        rig.loop.engine.pipe.every(pipe => pipe === 0),
        'no pipe stays in use',
      )
    }
  })
}

nativeTest('a half-close waits for what is in the pipe', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const relay = rig.relay()
  const bytes = randomBytes(16 * MIB)
  const sent = fill(rig, relay, bytes)
  t.ok((rig.loop.engine.piped[2 * relay.slot] ?? 0) > 0)
  relay.client.end()
  rig.turn()
  t.equal(hash(drain(rig, relay, sent)), hash(bytes.subarray(0, sent)))
  rig.until('the end', () => relay.target.receive().end === 'eof')
  relay.target.send('thanks')
  relay.target.end()
  rig.turn()
  t.equal(relay.client.receive().bytes.toString(), 'thanks')
  t.same([relay.reason(), relay.bytes()], ['eof', [sent, 6]])
})

nativeTest(
  'stopped with bytes in the pipe, the target gets RST and the pipe is closed',
  (t, libc, defer) => {
    const rig = createRelayRig(libc, defer)
    const relay = rig.relay()
    fill(rig, relay, randomBytes(16 * MIB))
    t.ok((rig.loop.engine.piped[2 * relay.slot] ?? 0) > 0)
    relay.stop()
    rig.turn()
    t.equal(relay.reason(), 'drain')
    rig.until('the reset', () => relay.target.receive().end === ERRNO.ECONNRESET)
    t.same(
      [...rig.loop.engine.piped],
      Array.from(rig.loop.engine.piped, () => 0),
    )
  },
)

nativeTest('bulk that becomes small messages returns its pipe', (t, libc, defer) => {
  let splices = 0
  const splice: Libc['splice'] = (...given) => {
    splices++
    return libc.splice(...given)
  }
  const rig = createRelayRig(libc, defer, { calls: { splice } })
  const relay = rig.relay()
  rig.turn()
  const bytes = randomBytes(MIB)
  const sent = relay.client.send(bytes)
  rig.turn()
  drain(rig, relay, sent)
  t.ok(splices > 0)
  for (const words of ['one', 'two', 'three']) {
    relay.client.send(words)
    rig.turn()
    t.equal(relay.target.receive().bytes.toString(), words)
  }
  t.equal((rig.loop.engine.flags[2 * relay.slot] ?? 0) & FLAG.BULK, 0)
  splices = 0
  relay.client.send('four')
  rig.turn()
  t.equal(splices, 0)
})

nativeTest('urgent data within bulk stops nothing', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const relay = rig.relay()
  rig.turn()
  const bytes = randomBytes(300_000)
  const first = relay.client.send(bytes)
  libc.send(relay.client.fd, Buffer.from('!'), 1, MSG_OOB)
  const second = relay.client.send(bytes)
  const got = drain(rig, relay, first + second)
  t.equal(hash(got), hash(Buffer.concat([bytes.subarray(0, first), bytes.subarray(0, second)])))
})

nativeTest('the bytes of a failed source are forwarded', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const relay = rig.relay()
  rig.turn()
  const bytes = randomBytes(MIB)
  const sent = relay.client.send(bytes)
  relay.client.reset()
  const chunks: Buffer[] = []
  rig.until('the end', () => {
    chunks.push(relay.target.receive().bytes)
    return relay.reason() !== undefined
  })
  chunks.push(relay.target.receive().bytes)
  t.equal(relay.reason(), 'client-reset')
  // The system threw away what had not left the client; what did is the beginning, without a gap.
  const got = Buffer.concat(chunks)
  t.ok(got.equals(bytes.subarray(0, got.length)))
  t.ok(got.length > 0 && got.length <= sent)
})

nativeTest('other failures have reason error', (t, libc, defer) => {
  for (const failing of ['in', 'out'] as const) {
    const state = { isBroken: false, from: -1 }
    const splice: Libc['splice'] = (from, ...given) =>
      state.isBroken && (from === state.from) === (failing === 'in')
        ? -110
        : libc.splice(from, ...given)
    const rig = createRelayRig(libc, defer, { calls: { splice } })
    const relay = rig.relay()
    state.from = rig.memory.fds[2 * relay.slot] ?? -1
    fill(rig, relay, randomBytes(16 * MIB))
    state.isBroken = true
    rig.until('the failure', () => {
      relay.target.receive(1_000_000)
      relay.client.send('x')
      return relay.reason() !== undefined
    })
    t.equal(relay.reason(), 'error')
    t.ok(rig.loop.engine.pipe.every(pipe => pipe === 0))
  }
})
