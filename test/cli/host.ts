import t from 'tap'
import { checkEngine, openDoctor, openRacesOf } from '../../src/cli/host.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { openNodeNetwork } from '../../src/dial/open-races.ts'
import { socketDescriptor } from '../../src/libc/connected-socket.ts'
import { IPPROTO_TCP, TCP_USER_TIMEOUT } from '../../src/libc/constants.ts'
import type { HostNetworkParts } from '../../src/net/host-network.ts'
import { nativeTest } from '../fixtures/native-test.ts'
import { createTcpServer } from '../fixtures/tcp-server.ts'

t.test('checks whether an engine can run here', async t => {
  t.doesNotThrow(() => checkEngine('stream'))
  if (process.platform !== 'linux') t.throws(() => checkEngine('splice'), { code: 'ERR_ENGINE' })
})

t.test('opens races with the options of a configuration', async t => {
  const races = openRacesOf(parseConfig('resolver: { hosts: { a.example: 192.0.2.1 } }', 'f'))
  t.match(await races.lookup('a.example', 'A'), { ok: true, addresses: ['192.0.2.1'] })
  races.close()
})

/** Options that every kernel has and for which it asks no capability. */
const NATIVE = parseConfig('egress: { userTimeout: 5s, tos: 8 }', 'f')

t.test('races leave by the egress of the daemon', async t => {
  const config = parseConfig('egress: { bind4: none, noDelay: false }', 'f')
  const races = openRacesOf(config, () => {
    throw new Error('Node has these keys')
  })
  t.match(await races.source('127.0.0.1'), { address: null })
  races.close()
})

nativeTest(
  "by the C library, if it has keys that Node's sockets do not have",
  async (t, libc, defer) => {
    const server = await createTcpServer()
    defer(() => server.close())
    const races = openRacesOf(NATIVE)
    await races.warmUp()
    const result = await races.dial({ targets: [{ host: '127.0.0.1', port: server.port }] })
    if (result.outcome !== 'won') throw new Error(JSON.stringify(result.trace))
    const value = new Int32Array(1)
    libc.getsockopt(socketDescriptor(result.socket), IPPROTO_TCP, TCP_USER_TIMEOUT, value)
    t.equal(value[0], 5000)
    result.socket.destroy()
    races.close()
  },
)

t.test('what this host cannot do is an error, and nothing stays open', async t => {
  const failed = {
    code: 'ERR_EGRESS',
    message: /^egress\.userTimeout: found 5s, which Node's sockets cannot do/,
  }
  t.throws(() => openRacesOf(NATIVE, () => undefined), failed)
  let closed = 0
  const open = (host: HostNetworkParts) => ({ ...openNodeNetwork(host), close: () => closed++ })
  t.throws(() => openRacesOf(NATIVE, open), failed)
  t.equal(closed, 1)
  // Of a listener or a rule, these races use none.
  const text = 'access: { action: allow, egress: { userTimeout: 5s } }'
  openRacesOf(parseConfig(text, 'f'), () => undefined).close()
})

t.test('opens this host for the doctor', async t => {
  const { host, close } = await openDoctor(parseConfig('log: {}', 'f'))
  t.ok(host.openFiles() > 0)
  close()
})
