import { randomBytes } from 'node:crypto'
import { ERRNO } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/types.ts'
import { failSide, runDirection } from '../../../src/pipe/splice/run-direction.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { createRelayRig } from '../../fixtures/relay-rig.ts'

nativeTest('one that talks has its turn before bulk has the next', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const [bulk, talk] = [rig.relay(), rig.relay()]
  rig.turn()
  const bytes = randomBytes(4_000_000)
  const push = (): void => {
    for (let i = 0; i < 10; i++) bulk.client.send(bytes)
  }
  push()
  const waits: number[] = []
  for (let i = 0; i < 20; i++) {
    push()
    talk.client.send('x')
    let turns = 0
    rig.until('the answer', () => {
      turns++
      bulk.target.receive()
      return talk.target.receive().bytes.length === 1
    })
    waits.push(turns)
  }
  // The kernel may deliver a packet later than it was sent; mostly it does not.
  t.ok(waits.filter(turns => turns <= 2).length > 15, `turns: ${waits.join(' ')}`)
  t.ok(bulk.bytes()[0] > 0)
})

nativeTest('where sending fails, what the other side had said goes on first', (t, libc, defer) => {
  let isBroken = false
  const send: Libc['send'] = (fd, ...given) =>
    isBroken && fd === rig.memory.fds[1] ? -ERRNO.EPIPE : libc.send(fd, ...given)
  const rig = createRelayRig(libc, defer, { calls: { send }, capacity: 1 })
  const relay = rig.relay()
  rig.turn()
  isBroken = true
  relay.target.send('413 too large')
  relay.client.send('more')
  const { engine } = rig.loop
  // Without asking epoll: the client's bytes are looked at first.
  engine.flags[0] = (engine.flags[0] ?? 0) | 1
  runDirection(engine, 0)
  rig.turn()
  t.equal(relay.reason(), 'target-reset')
  t.equal(relay.client.receive().bytes.toString(), '413 too large')
})

nativeTest('two sides that fail at once end one relay', (t, libc, defer) => {
  let isBroken = false
  const send: Libc['send'] = (...given) => (isBroken ? -ERRNO.EPIPE : libc.send(...given))
  const rig = createRelayRig(libc, defer, { calls: { send } })
  const relay = rig.relay()
  rig.turn()
  isBroken = true
  relay.client.send('x')
  relay.target.send('y')
  failSide(rig.loop.engine, 2 * relay.slot, ERRNO.ECONNRESET)
  rig.turn()
  t.equal(relay.reason(), 'client-reset')
})

nativeTest(
  'a source whose read fails while it is being failed is failed once',
  (t, libc, defer) => {
    let isBroken = false
    const recv: Libc['recv'] = (...given) => (isBroken ? -110 : libc.recv(...given))
    const getsockopt: Libc['getsockopt'] = (...[, , , value]) => {
      value[0] = 110
      return 0
    }
    const rig = createRelayRig(libc, defer, { calls: { recv, getsockopt } })
    const relay = rig.relay()
    rig.turn()
    isBroken = true
    failSide(rig.loop.engine, 2 * relay.slot)
    rig.turn()
    t.equal(relay.reason(), 'error')
  },
)
