import t from 'tap'
import { parseConfig } from '../../../src/config/parse.ts'
import type { Config } from '../../../src/config/types.ts'
import { fail } from '../../../src/core/fail.ts'
import { withPassedSockets } from '../../../src/daemon/systemd/with-passed-sockets.ts'
import type { Daemon } from '../../../src/daemon/types.ts'
import type { DaemonEvent } from '../../../src/log/types.ts'

const rig = (names: readonly string[]) => {
  const applied: Config[] = []
  const logged: DaemonEvent[] = []
  const inner: Daemon = {
    apply: async config => {
      if (config.drainTimeoutMs === 1000) throw new Error('taken')
      if (config.drainTimeoutMs === 3000)
        throw fail('EADDRINUSE', 'cannot listen on 0.0.0.0:1003: another process is there')
      applied.push(config)
    },
    lost: () => 0,
    processes: () => 1,
    stopAccepting: async () => {},
    idle: async () => {},
    endConnections: () => {},
    connections: () => 0,
    close: () => {},
  }
  const daemon = withPassedSockets(inner, {
    passed: names.map((name, i) => ({ fd: 3 + i, name })),
    log: { event: event => void logged.push(event) },
    inspectOne: passed => ({
      ok: true,
      address: { type: 'tcp', host: '127.0.0.1', port: 1000 + passed, passed },
    }),
  })
  return { daemon, applied, logged }
}

const configOf = (listen: string, drain = '2s') =>
  parseConfig(
    `{ listeners: [{ protocol: socks, listen: '${listen}' }], drainTimeout: ${drain} }`,
    'test',
  )

t.test('without passed sockets a configuration is applied as it is', async t => {
  const { daemon, applied } = rig([])
  const config = configOf('127.0.0.1:0')
  await daemon.apply(config)
  t.equal(applied[0], config)
  await t.rejects(daemon.apply(configOf('systemd:web')), { code: 'ERR_PASSED_SOCKET' })
})

t.test(
  'what is unused is logged when it is in force, and again when it is something else',
  async t => {
    const { daemon, applied, logged } = rig(['web', 'old'])
    await t.rejects(daemon.apply(configOf('systemd:web', '1s')))
    t.same(logged, [], 'not before something is in force')
    await daemon.apply(configOf('systemd:web'))
    t.match(applied[0]?.listeners[0]?.listen, [{ port: 1003, passed: 3 }])
    const [old, web] = ['old (127.0.0.1:1004)', 'web (127.0.0.1:1003)']
    t.same(logged.splice(0), [{ type: 'passed-unused', sockets: [old] }])
    await daemon.apply(configOf('systemd:web'))
    t.same(logged, [], 'the same is not logged again')
    await daemon.apply(configOf('127.0.0.1:1'))
    t.same(logged.splice(0), [{ type: 'passed-unused', sockets: [web, old] }], 'a reload left one')
    await daemon.apply(configOf('systemd:old'))
    t.match(applied[3]?.listeners[0]?.listen, [{ port: 1004, passed: 4 }])
    t.same(logged, [{ type: 'passed-unused', sockets: [web] }])
  },
)

t.test('an address that a passed socket blocks is explained', async t => {
  const { daemon } = rig(['web'])
  const config = parseConfig(
    "{ listeners: [{ protocol: socks, listen: '0.0.0.0:1003', open: true }], drainTimeout: 3s }",
    'test',
  )
  await t.rejects(daemon.apply(config), {
    code: 'EADDRINUSE',
    message:
      'cannot listen on 0.0.0.0:1003: systemd has bound web (127.0.0.1:1003); expected ListenStream=0.0.0.0:1003 in the socket unit, in place of that',
  })
})
