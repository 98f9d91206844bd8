import t from 'tap'
import type { Test } from 'tap'
import { createDeadlines } from '../../src/core/deadlines.ts'
import type { Accepted, ProxiedStart } from '../../src/listener/accepted.ts'
import { createAdmission } from '../../src/listener/admission.ts'
import { awaitHeader } from '../../src/listener/await-header.ts'
import { createLiveSessions } from '../../src/listener/live-sessions.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { until } from '../fixtures/listener.ts'
import { proxied } from '../fixtures/proxy-headers.ts'
import { socketPair } from '../fixtures/socket-pair.ts'

const LINE = 'PROXY TCP4 192.0.2.1 198.51.100.2 4660 443\r\n'
const HEADER = proxied('192.0.2.1', 4660, '198.51.100.2', 443)

const rig = async (t: Test, { isHere = false } = {}) => {
  const clock = createHandClock()
  const sessions = createLiveSessions()
  const admission = createAdmission({
    maxConnections: 5,
    maxConnectionsPerClient: 0,
    maxConnectionsPerUser: 0,
    files: Infinity,
  })
  const handshakes = createDeadlines(clock, 10_000)
  const waits = {
    handshakeTimeoutMs: 10_000,
    authFailureDelayMs: 0,
    idleTimeoutMs: 1,
    halfCloseTimeoutMs: 1,
  }
  const { outer: balancer, inner: socket } = await socketPair(t)
  const starts: ProxiedStart[] = []
  const faults: unknown[] = []
  const greeted: unknown[] = []
  let listed = 0
  let ended = false
  let drained = 0
  admission.hold()
  awaitHeader({ socket } as unknown as Accepted, { sessions, admission, waits }, handshakes, {
    onHeader: start => {
      starts.push(start)
      listed = sessions.size()
      socket.once('end', () => (ended = true))
    },
    onFault: ({ reason, message }, probe) => faults.push([reason, message, probe]),
    onGreeting: isHere ? ({ rest }, message) => void greeted.push([...rest], message) : null,
    onDrain: () => drained++,
  })
  return {
    clock,
    sessions,
    admission,
    handshakes,
    balancer,
    socket,
    starts,
    faults,
    greeted,
    listed: () => listed,
    ended: () => ended,
    drained: () => drained,
  }
}

/** Checks that the connection is closed, and nothing of it is left. */
const expectOver = async (
  t: Test,
  { socket, sessions, admission, clock }: Awaited<ReturnType<typeof rig>>,
) => {
  await until('the close', () => sessions.size() === 0)
  t.equal(socket.destroyed, true)
  t.equal(admission.active(), 0)
  t.equal(clock.pending(), 0)
}

t.test('a header, and bytes behind it', async t => {
  for (const parts of [
    [`${LINE}early`],
    [LINE.slice(0, 9), `${LINE.slice(9)}early`],
    [...LINE.split(''), 'early'],
  ]) {
    const all = await rig(t)
    for (const part of parts) {
      all.balancer.write(part, 'latin1')
      await new Promise(setImmediate)
    }
    await until('the header', () => all.starts.length === 1)
    const [start] = all.starts
    t.strictSame(start?.header, HEADER)
    t.equal(all.listed(), 1, 'the connection was listed meanwhile')
    t.equal(all.sessions.size(), 0, 'and is the receiver’s now')
    t.equal(all.admission.active(), 1, 'with its place')
    t.equal(all.clock.pending(), 1, 'and its deadline')
    t.equal(all.socket.isPaused(), true)
    // Node has a listener of its own for `end`.
    for (const name of ['data', 'close']) t.equal(all.socket.listenerCount(name), 0, name)
    const rest = Buffer.from(start?.rest ?? [])
    const chunks = [rest]
    all.socket.on('data', chunk => chunks.push(chunk)).resume()
    await until('the bytes', () => Buffer.concat(chunks).toString() === 'early')
    if (start) all.handshakes.remove(start.deadline)
    t.strictSame(all.faults, [])
  }
})

t.test('a FIN right behind the header is left to the receiver', async t => {
  const all = await rig(t)
  all.balancer.end(LINE)
  await until('the header', () => all.starts.length === 1)
  all.socket.resume()
  await until('the FIN', all.ended)
  t.strictSame(all.faults, [])
  all.socket.destroy()
})

t.test('anything else closes the connection', async t => {
  const all = await rig(t)
  all.balancer.write(Buffer.from([5, 1, 0]))
  await expectOver(t, all)
  t.match(all.faults, [['protocol', /does not begin with a PROXY protocol header/, false]])
  const late = await rig(t)
  late.balancer.write('PROXY TCP5')
  await expectOver(t, late)
  t.match(late.faults, [['protocol', /invalid protocol, found at byte 10/, false]])
})

t.test('a peer that leaves', async t => {
  const silent = await rig(t)
  silent.balancer.end()
  await expectOver(t, silent)
  const message = 'the peer left while the PROXY protocol header was awaited'
  t.strictSame(silent.faults, [['protocol', message, true]], 'a check of the port')
  const cut = await rig(t)
  cut.balancer.end('PROXY TCP4 ')
  await expectOver(t, cut)
  t.strictSame(cut.faults, [['protocol', message, false]])
  const reset = await rig(t)
  reset.balancer.resetAndDestroy()
  await expectOver(t, reset)
  t.strictSame(reset.faults, [['protocol', message, true]])
})

t.test('the deadline counts from accept, however slowly bytes arrive', async t => {
  const all = await rig(t)
  for (const byte of 'PROXY TCP4') {
    all.balancer.write(byte)
    await new Promise(setImmediate)
    all.clock.advance(999)
  }
  t.strictSame(all.faults, [])
  await until('the bytes', () => all.socket.bytesRead === 10)
  all.clock.advance(10)
  t.strictSame(all.faults, [['timeout', 'no whole PROXY protocol header within 10000 ms', false]])
  await expectOver(t, all)
})

t.test('a drain ends it once', async t => {
  const all = await rig(t)
  all.sessions.endAll()
  all.sessions.endAll()
  t.equal(all.drained(), 1)
  await expectOver(t, all)
  t.strictSame(all.faults, [])
})

t.test('a greeting in place of the header is passed on, if somebody takes it', async t => {
  const here = await rig(t, { isHere: true })
  here.balancer.write(Uint8Array.of(5, 2, 0, 2))
  await until('the greeting', () => here.greeted.length > 0)
  t.match(here.greeted, [[5, 2, 0, 2], /PROXY/])
  t.same(here.faults, [])
  t.equal(here.socket.destroyed, false)
  t.equal(here.admission.active(), 0)
  const elsewhere = await rig(t)
  elsewhere.balancer.write(Uint8Array.of(5, 2, 0, 2))
  await until('the fault', () => elsewhere.faults.length > 0)
  const other = await rig(t, { isHere: true })
  other.balancer.write(Uint8Array.of(4, 1))
  await until('the fault', () => other.faults.length > 0)
  t.same(other.greeted, [])
  const late = await rig(t, { isHere: true })
  late.balancer.write('PROX')
  await until('the first bytes', () => late.socket.bytesRead === 4)
  late.balancer.write(Uint8Array.of(5, 1, 0))
  await until('the fault', () => late.faults.length > 0)
  t.same(late.greeted, [], 'it is no greeting behind other bytes')
})
