import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import type { Config } from '../../src/config/types.ts'
import type { ViewedDaemon } from '../../src/daemon/types.ts'
import { withAdmin } from '../../src/daemon/with-admin.ts'
import type { DaemonEvent } from '../../src/log/types.ts'
import { askAdmin } from '../fixtures/ask-admin.ts'
import { emptyView } from '../fixtures/daemon-view.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { makeSocketDir } from '../fixtures/socket-dir.ts'

const rig = (t: Test) => {
  const logged: DaemonEvent[] = []
  const applied: Config[] = []
  const calls: string[] = []
  const inner = {
    applyError: undefined as Error | undefined,
    wait: undefined as Promise<void> | undefined,
    lost: 0,
    processes: 1,
  }
  const daemon: ViewedDaemon = {
    view: emptyView(),
    apply: async (config, options) => {
      await inner.wait
      if (inner.applyError) throw inner.applyError
      applied.push(config)
      calls.push(`apply ${JSON.stringify(options)}`)
    },
    lost: () => inner.lost,
    processes: () => inner.processes,
    stopAccepting: async () => void calls.push('stop accepting'),
    idle: async () => {},
    endConnections: () => {},
    connections: () => 5,
    close: () => void calls.push('close'),
  }
  const log = { event: (event: DaemonEvent) => void logged.push(event) }
  const clock = createHandClock()
  const whole = withAdmin(daemon, { clock, log })
  t.teardown(() => whole.close())
  const apply = (admin: string, lenient?: boolean): Promise<void> =>
    whole.apply(
      parseConfig(`{ admin: ${admin} }`, 'test'),
      lenient === undefined ? undefined : { lenient },
    )
  const port = (): number => {
    const address = logged.findLast(event => event.type === 'listening')?.address ?? ''
    return Number(address.split(':').at(-1))
  }
  return { whole, inner, logged, applied, calls, apply, port, clock }
}

const ON = "{ listen: '127.0.0.1:0' }"

t.test('off by default', async t => {
  const { apply, logged, applied, whole } = rig(t)
  await apply('{}')
  t.same(logged, [])
  t.match(applied, [{ admin: { listen: [] } }])
  t.equal(whole.connections(), 5)
})

t.test('the endpoint answers before the first listener and after the last connection', async t => {
  const { apply, logged, applied, whole, inner, port, calls } = rig(t)
  let go = (): void => {}
  inner.wait = new Promise(resolve => (go = resolve))
  const starting = apply(ON)
  while (logged.length === 0) await new Promise(resolve => setTimeout(resolve, 2))
  t.match(logged, [{ type: 'listening', listener: 'admin', protocol: 'http', connections: 8 }])
  const ready = () => askAdmin({ host: '127.0.0.1', port: port() }, '/readyz')
  t.match(await ready(), { status: 503, body: 'starting\n' })
  go()
  await starting
  t.match(applied[0]?.admin.listen, [{ port: port() }], 'the daemon gets the endpoint address')
  t.equal((await ready()).status, 200)
  inner.lost = 1
  t.equal((await ready()).status, 503)
  t.equal(whole.lost(), 1)
  inner.lost = 0
  inner.processes = 0
  t.equal((await ready()).status, 503)
  inner.processes = 2
  whole.beginDrain?.()
  t.match(await ready(), { status: 503, body: 'draining\n' })
  await whole.stopAccepting()
  whole.close()
  t.same(calls.slice(1), ['stop accepting', 'close'])
  await t.rejects(ready(), { code: 'ECONNREFUSED' })
})

t.test('a reload changes both the endpoint and the daemon, or neither', async t => {
  const { apply, inner, port, logged, applied } = rig(t)
  await apply(ON)
  const first = port()
  const asked = (at: number) =>
    askAdmin({ host: '127.0.0.1', port: at }, '/readyz').then(({ status }) => status)
  inner.applyError = new Error('a port is taken')
  await t.rejects(apply("{ listen: '127.0.0.2:0', token: secret }"), /taken/)
  t.equal(logged.length, 1, 'nothing else was opened')
  t.equal(await asked(first), 200)
  inner.applyError = undefined

  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => taken.once('listening', resolve))
  t.teardown(() => taken.close())
  const { port: foreign } = taken.address() as AddressInfo
  const before = applied.length
  await t.rejects(apply(`{ listen: '127.0.0.1:${foreign}' }`), { code: 'EADDRINUSE' })
  t.equal(applied.length, before, 'the daemon did not apply it')
  t.equal(await asked(first), 200)

  const folder = makeSocketDir(t)
  await apply(`{ listen: 'unix:${join(folder, 'a')}' }`)
  await t.rejects(asked(first), { code: 'ECONNREFUSED' })
  t.equal((await askAdmin({ path: join(folder, 'a') }, '/healthz')).status, 200)
  const moved = { admin: { listen: [{ type: 'unix', path: join(folder, 'a') }] } }
  t.match(applied.at(-1), moved)
  t.equal(
    applied.at(-1)?.admin.listen.length,
    1,
    'the old endpoint address is allowed as a target again',
  )
  await apply('{}')
  t.same(applied.at(-1)?.admin.listen, [])
  t.notOk(existsSync(join(folder, 'a')))
})

t.test('a lost endpoint address counts, and is retried with the others', async t => {
  const { apply, whole, logged, calls } = rig(t)
  await apply('{}')
  const folder = makeSocketDir(t)
  await apply(`{ listen: 'unix:${join(folder, 'none/a')}' }`, true)
  t.equal(whole.lost(), 1)
  t.match(logged.at(-1), { type: 'listener-lost', listener: 'admin' })
  t.equal(calls.at(-1), 'apply {"lenient":true}')
  await apply('{}')
  t.equal(whole.lost(), 0)
})

t.test('the daemon does not start if the endpoint cannot be opened', async t => {
  const { apply, applied } = rig(t)
  await t.rejects(apply("{ listen: 'unix:/nonexistent/a' }"), { code: 'ENOENT' })
  t.same(applied, [])
})

t.test('what it shows of a daemon, and of its own configuration', async t => {
  const { apply, port } = rig(t)
  await apply("{ listen: '127.0.0.1:0', raceHistory: 7 }")
  const ask = (path: string) => askAdmin({ host: '127.0.0.1', port: port() }, path)
  const status = JSON.parse((await ask('/status')).body) as object
  t.match(status, { state: 'serving', version: '', lastReload: null, processes: 1 })
  t.match(await ask('/config'), { status: 200, body: /raceHistory: 7/ }, 'in force')
  t.same(JSON.parse((await ask('/races')).body), { races: [] })
  t.match(await ask('/metrics'), { status: 200, body: /^# HELP / })
})
