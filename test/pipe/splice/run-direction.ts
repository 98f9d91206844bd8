import { randomBytes } from 'node:crypto'
import { EPOLL, ERRNO } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import { FLAG } from '../../../src/pipe/splice/relay-engine.ts'
import {
  BULK_BUDGET_BYTES,
  failSide,
  runDirection,
  takeEvent,
} from '../../../src/pipe/splice/run-direction.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { createRelayRig } from '../../fixtures/relay-rig.ts'

nativeTest('a small message has its turn between two turns of bulk', (t, libc, defer) => {
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

nativeTest(
  "if sending fails the other side's earlier bytes are forwarded first",
  (t, libc, defer) => {
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
  },
)

nativeTest('two sides that fail at once end one relay once', (t, libc, defer) => {
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

nativeTest('a read that fails during failSide fails the source once', (t, libc, defer) => {
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
})

const EVERYTHING = EPOLL.IN | EPOLL.OUT | EPOLL.RDHUP | EPOLL.HUP | EPOLL.ERR

nativeTest('an event of an earlier relay does not affect a reused slot', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer, { capacity: 1 })
  const { engine } = rig.loop
  const first = rig.relay()
  rig.turn()
  const old = engine.generation[0] ?? -1
  first.stop()
  rig.turn()
  takeEvent(engine, 0, old, EVERYTHING)
  t.equal(engine.flags[0], 0, 'nothing lives in the slot')
  const second = rig.relay()
  rig.turn()
  const before = [...engine.flags]
  for (const side of [0, 1]) takeEvent(engine, side, old, EVERYTHING)
  t.same([...engine.flags], before)
  rig.turn()
  t.equal(second.reason(), undefined)
  t.not(engine.generation[0], old)
})

nativeTest('both sides may end in one batch of events', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const relays = Array.from({ length: 4 }, () => rig.relay())
  rig.turn()
  for (const { client, target } of relays) {
    client.reset()
    target.reset()
  }
  rig.turn()
  t.ok(relays.every(relay => relay.reason()?.endsWith('-reset')))
  t.equal(rig.loop.engine.count.live, 0)
})

nativeTest('EPOLLOUT matters only if bytes wait', (t, libc, defer) => {
  let reads = 0
  const recv: Libc['recv'] = (...given) => {
    reads++
    return libc.recv(...given)
  }
  const rig = createRelayRig(libc, defer, { calls: { recv } })
  const { slot } = rig.relay()
  rig.turn()
  const { engine } = rig.loop
  takeEvent(engine, 2 * slot, engine.generation[slot] ?? -1, EPOLL.OUT)
  t.equal(reads, 0)
  t.equal(engine.ready.size(), 0)
})

nativeTest('bulk moves at most its budget in a turn', (t, libc, defer) => {
  const rig = createRelayRig(libc, defer)
  const { client, slot, bytes } = rig.relay()
  rig.turn()
  const { engine } = rig.loop
  const block = Buffer.alloc(200_000)
  let sent = 0
  for (let took = 1; took > 0; sent += Math.max(0, took)) took = client.send(block)
  t.ok(sent > 3_000_000, `${sent} bytes wait`)
  engine.flags[2 * slot] = (engine.flags[2 * slot] ?? 0) | FLAG.BULK
  takeEvent(engine, 2 * slot, engine.generation[slot] ?? -1, EPOLL.IN | EPOLL.OUT)
  const [moved] = bytes()
  t.ok(moved > 0 && moved <= BULK_BUDGET_BYTES + 1_048_576, `${moved} bytes moved`)
  t.equal(engine.ready.size(), 1, 'it has more')
})
