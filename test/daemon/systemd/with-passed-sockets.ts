import t from 'tap'
import { parseConfig } from '../../../src/config/parse.ts'
import type { Config } from '../../../src/config/types.ts'
import { withPassedSockets } from '../../../src/daemon/systemd/with-passed-sockets.ts'
import type { Daemon } from '../../../src/daemon/types.ts'
import type { DaemonEvent } from '../../../src/log/types.ts'

const rig = (names: readonly string[]) => {
  const applied: Config[] = []
  const logged: DaemonEvent[] = []
  const inner: Daemon = {
    apply: async config => {
      if (config.drainTimeoutMs === 1000) throw new Error('taken')
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

t.test('a reload uses passed sockets and leaves them; what is unused is logged once', async t => {
  const { daemon, applied, logged } = rig(['web', 'old'])
  await t.rejects(daemon.apply(configOf('systemd:web', '1s')))
  t.same(logged, [], 'not before something is in force')
  await daemon.apply(configOf('systemd:web'))
  t.match(applied[0]?.listeners[0]?.listen, [{ port: 1003, passed: 3 }])
  t.same(logged, [{ type: 'passed-unused', sockets: ['old (127.0.0.1:1004)'] }])
  await daemon.apply(configOf('127.0.0.1:1'))
  await daemon.apply(configOf('systemd:old'))
  t.match(applied[2]?.listeners[0]?.listen, [{ port: 1004, passed: 4 }])
  t.equal(logged.length, 1)
})
