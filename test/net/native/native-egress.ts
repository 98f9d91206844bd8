import type { EgressOverride } from '../../../src/core/egress.ts'
import { PLAIN_EGRESS } from '../../../src/core/egress.ts'
import { createPoller } from '../../../src/libc/poller.ts'
import { createInterfaces } from '../../../src/net/host/interfaces.ts'
import { createRealClock } from '../../../src/net/host/real-clock.ts'
import { createSourceTurns } from '../../../src/net/host/source-address.ts'
import { createNativeConnect } from '../../../src/net/native/native-connect.ts'
import { createNativeEgress } from '../../../src/net/native/native-egress.ts'
import { createSocketTuning } from '../../../src/net/socket-tuning.ts'
import { attempt } from '../../fixtures/connect-cases.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { createTcpServer } from '../../fixtures/tcp-server.ts'
import { tcpOptionsOf } from '../../fixtures/tcp-options.ts'

nativeTest('an attempt that its egress keeps here says so', async (t, libc, defer) => {
  const poller = createPoller(libc)
  defer(() => poller.close())
  const tuning = createSocketTuning(libc, null)
  const connect = createNativeConnect({ libc, poller, tuning })
  const failureBy = (egress: EgressOverride) =>
    attempt((endpoint, settle) => connect({ ...endpoint, egress }, settle), '127.0.0.1', 1)
  const failed = { ok: false, sent: false, noEgress: true }
  t.match(await failureBy({ bind4: 'none' }), { ...failed, code: 'EADDRNOTAVAIL' })
  t.match(await failureBy({ bind4: '192.0.2.9' }), { ...failed, code: 'EADDRNOTAVAIL' })
  t.match(await failureBy({ interface: 'no-such-one' }), { ...failed, code: 'ENODEV' })
  t.notOk('noEgress' in (await failureBy({ tos: 8 })), 'refused')
})

nativeTest('connections, lookups and sources of one path', async (t, libc, defer) => {
  const poller = createPoller(libc)
  defer(() => poller.close())
  const clock = createRealClock()
  const egress = createNativeEgress({
    clock,
    interfaces: createInterfaces({ clock }),
    libc,
    poller,
    tuning: createSocketTuning(libc, null),
    turns: createSourceTurns(),
  })
  const path = { ...PLAIN_EGRESS, bind4: '127.0.0.9', bind6: 'none' }
  t.equal(egress.missing(path), undefined)
  const server = await createTcpServer()
  defer(() => server.close())
  const accepted = server.accepted()
  const keepAlive = { idleMs: 7000, intervalMs: 3000, count: 2 }
  const result = await attempt(egress.connect({ ...path, keepAlive }), '127.0.0.1', server.port)
  if (!result.ok) throw new Error(result.message)
  t.equal((await accepted).remoteAddress, '127.0.0.9')
  t.match(result.socket, { hasOwnKeepAlive: true })
  t.same(tcpOptionsOf(libc, result.socket).keepAlive, [7, 3, 2])
  result.socket.destroy()
  const { facts, dns } = egress.path(path)
  t.match(await facts.source('127.0.0.1'), { address: '127.0.0.9' })
  t.match(await facts.connectivity(), { ipv6: false })
  t.same([dns.uses(4), dns.uses(6)], [true, false])
})
