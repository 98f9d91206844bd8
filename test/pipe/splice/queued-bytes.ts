import { ERRNO } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { createRelayRig } from '../../fixtures/relay-rig.ts'

const PATTERN = Buffer.from(Array.from({ length: 60_000 }, (_, i) => i % 251))

nativeTest(
  'what a destination does not accept is queued, and sent before all else',
  (t, libc, defer) => {
    const rig = createRelayRig(libc, defer)
    const { client, target, slot, bytes, reason } = rig.relay({ bufferBytes: 4096 })
    rig.turn()
    const sent = client.send(PATTERN)
    rig.turn()
    const { queued } = rig.loop.engine
    const waiting = queued.get(2 * slot)?.length ?? 0
    t.ok(waiting > 0)
    t.equal(bytes()[0] + waiting, sent, 'only what was taken counts')
    client.send('behind')
    client.end()
    rig.turn()
    const chunks: Buffer[] = []
    rig.until('the end', () => {
      const got = target.receive(5000)
      chunks.push(got.bytes)
      return got.end === 'eof'
    })
    t.ok(
      Buffer.concat(chunks).equals(
        Buffer.concat([PATTERN.subarray(0, sent), Buffer.from('behind')]),
      ),
    )
    t.equal(queued.size, 0)
    t.equal(rig.loop.engine.buffers.inUse(), 0)
    t.same([reason(), bytes()], [undefined, [sent + 6, 0]])
  },
)

nativeTest('interrupted calls are repeated', (t, libc, defer) => {
  let made = 0
  const isInterrupted = (): boolean => ++made % 2 === 1
  const calls: Partial<Libc> = {
    recv: (...given) => (isInterrupted() ? -ERRNO.EINTR : libc.recv(...given)),
    send: (...given) => (isInterrupted() ? -ERRNO.EINTR : libc.send(...given)),
    splice: (...given) => (isInterrupted() ? -ERRNO.EINTR : libc.splice(...given)),
  }
  const rig = createRelayRig(libc, defer, { calls })
  const { client, target } = rig.relay()
  let [sent, got] = [0, 0]
  rig.until('everything', () => {
    if (sent < 2_000_000) sent += Math.max(0, client.send(PATTERN))
    got += target.receive().bytes.length
    return sent >= 2_000_000 && got === sent
  })
  t.equal(got, sent)
})

nativeTest('a destination that fails while bytes are queued ends the relay', (t, libc, defer) => {
  let isBroken = false
  const calls: Partial<Libc> = { send: (...given) => (isBroken ? -110 : libc.send(...given)) }
  const rig = createRelayRig(libc, defer, { calls })
  const { client, target, reason } = rig.relay({ bufferBytes: 4096 })
  rig.turn()
  client.send(PATTERN)
  rig.turn()
  t.equal(rig.loop.engine.queued.size, 1)
  t.equal(
    rig.loop.engine.buffers.inUse(),
    [...rig.loop.engine.queued.values()][0]?.buffer.byteLength,
  )
  isBroken = true
  rig.until('the failure', () => {
    target.receive(2000)
    return reason() !== undefined
  })
  t.equal(reason(), 'error', 'it timed out, nobody reset it')
  t.equal(rig.loop.engine.queued.size, 0)
  t.equal(rig.loop.engine.buffers.inUse(), 0)
})
