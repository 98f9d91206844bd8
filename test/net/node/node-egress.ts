import type { Test } from 'tap'
import t from 'tap'
import type { EgressOverride } from '../../../src/core/egress.ts'
import { PLAIN_EGRESS } from '../../../src/core/egress.ts'
import { createInterfaces } from '../../../src/net/host/interfaces.ts'
import { createRealClock } from '../../../src/net/host/real-clock.ts'
import { createSourceTurns } from '../../../src/net/host/source-address.ts'
import { createNodeEgress } from '../../../src/net/node/node-egress.ts'
import type { Connect } from '../../../src/net/network.ts'
import { createSocketTuning } from '../../../src/net/socket-tuning.ts'
import { attempt } from '../../fixtures/connect-cases.ts'
import { createTcpServer } from '../../fixtures/tcp-server.ts'

const create = () => {
  const clock = createRealClock()
  return createNodeEgress({
    clock,
    interfaces: createInterfaces({ clock }),
    tuning: createSocketTuning(null, null),
    turns: createSourceTurns(),
  })
}

const serverOf = async (t: Test) => {
  const server = await createTcpServer()
  t.teardown(() => server.close())
  return server
}

t.test('options that Node cannot set are missing', async t => {
  const { missing } = create()
  const can = { bind4: '192.0.2.1', bind6: 'none', noDelay: false, keepAlive: null }
  t.equal(missing({ ...PLAIN_EGRESS, ...can }), undefined)
  const cannot: readonly EgressOverride[] = [
    { interface: 'eth0' },
    { mark: 1 },
    { userTimeoutMs: 1 },
    { mptcp: true },
    { congestion: 'bbr' },
    { tos: 8 },
  ]
  for (const each of cannot) {
    const [key] = Object.keys(each)
    t.match(missing({ ...PLAIN_EGRESS, ...each }), { key, reason: /pipe\.engine splice/ })
  }
})

t.test('source addresses and keepalive of a listener, and of an access rule over it', async t => {
  const { connect } = create()
  const server = await serverOf(t)
  const own = connect({ ...PLAIN_EGRESS, bind4: '127.0.0.9' })
  const over = { bind4: '127.0.0.8', keepAlive: null }
  const ruled: typeof own = (endpoint, settle) => own({ ...endpoint, egress: over }, settle)
  for (const [from, address, hasOwnKeepAlive] of [
    [own, '127.0.0.9', undefined],
    [ruled, '127.0.0.8', true],
    [ruled, '127.0.0.8', true],
  ] as const) {
    const accepted = server.accepted()
    const result = await attempt(from, '127.0.0.1', server.port)
    if (!result.ok) throw new Error(result.message)
    t.equal((await accepted).remoteAddress, address)
    t.equal((result.socket as { hasOwnKeepAlive?: boolean }).hasOwnKeepAlive, hasOwnKeepAlive)
    result.socket.destroy()
  }
})

t.test('an attempt without its source address is sent nowhere', async t => {
  const { connect } = create()
  const server = await serverOf(t)
  const failed = { ok: false, code: 'EADDRNOTAVAIL', sent: false, noEgress: true }
  for (const bind4 of ['192.0.2.9', 'none']) {
    const from = connect({ ...PLAIN_EGRESS, bind4 })
    t.match(await attempt(from as Connect<never>, '127.0.0.1', server.port), failed, bind4)
  }
  const none = connect({ ...PLAIN_EGRESS, bind4: 'none' })
  const cancel = none({ address: '127.0.0.1', family: 4, port: server.port }, () => t.fail('late'))
  t.equal(cancel(), false)
})

t.test('lookups and sources of a path', async t => {
  const { facts, dns } = create().path({ ...PLAIN_EGRESS, bind4: '127.0.0.9', bind6: 'none' })
  t.match(await facts.source('127.0.0.1'), { address: '127.0.0.9' })
  t.match(await facts.source('::1'), { address: null })
  t.match(await facts.connectivity(), { ipv6: false })
  t.same([dns.uses(4), dns.uses(6)], [true, false])
})
