/** Two daemons behind a real HAProxy with `config/haproxy.cfg`: one drains, one loses a worker process. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import { loadLibc } from '../../src/libc/load-libc.ts'
import { within } from '../fixtures/children.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { runProgram, startProgram, unlessMissing } from '../fixtures/programs.ts'
import type { SocksClient } from '../fixtures/socks-client.ts'
import { askSocks } from '../fixtures/socks-client.ts'
import type { Eyeballd } from '../fixtures/start-eyeballd.ts'
import { startEyeballd, temporaryDirectory } from '../fixtures/start-eyeballd.ts'
import { echo, freePort, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const EXAMPLE = new URL('../../config/haproxy.cfg', import.meta.url)

/** Clients that come and go, at a time. */
const CLIENTS = 12
/** Clients that stay. */
const STAYING = 16

const talk = async (client: SocksClient, text: string): Promise<string> => {
  client.write(text)
  return (await client.read(text.length)).toString()
}

type Balanced = { readonly eyeballd: Eyeballd; readonly port: number; readonly adminPort: number }

const start = async (t: Test, name: string): Promise<Balanced> => {
  const [port, adminPort] = [await freePort(), await freePort()]
  const config = {
    listeners: [
      {
        name,
        protocol: 'mixed',
        listen: `127.0.0.1:${port}`,
        proxyProtocol: { from: '127.0.0.1' },
      },
    ],
    admin: { listen: `127.0.0.1:${adminPort}` },
    processes: 2,
    drainDelay: '2s',
    drainTimeout: '60s',
  }
  const eyeballd = await startEyeballd(t, { config, listening: 2 })
  return { eyeballd, port, adminPort }
}

/** The example with other addresses, and with checks that take no seconds. */
const configFor = (port: number, servers: readonly Balanced[]): string => {
  const names = ['a', 'b']
  const lines = readFileSync(EXAMPLE, 'utf8')
    .replace('bind 192.0.2.7:1080', `bind 127.0.0.1:${port}`)
    .replace('maxconn 20000', 'maxconn 500')
    .replace('check port 9000 inter 1s', 'check inter 100ms')
    .split('\n')
    .filter(line => !/^ {2}server /.test(line))
  const added = servers.map(
    (each, i) => `  server ${names[i]} 127.0.0.1:${each.port} port ${each.adminPort}\n`,
  )
  return lines.join('\n') + added.join('')
}

t.test('the example is one that HAProxy accepts', { skip: unlessMissing('haproxy') }, async t => {
  const { code, stdout, stderr } = await runProgram(t, 'haproxy', ['-c', '-f', EXAMPLE.pathname])
  t.equal(code, 0)
  t.match(stdout + stderr, /is valid/)
  t.notMatch(stdout + stderr, /warning/i)
})

const skip = unlessMissing('haproxy') || (!loadLibc().ok && 'no SO_REUSEPORT without the C library')

t.test('no connection is lost to a drain, and none to come by a dead worker', { skip }, async t => {
  const target = await tcpTarget(t, echo)
  const [a, b] = await Promise.all([start(t, 'a'), start(t, 'b')])
  const port = await freePort()
  const config = join(temporaryDirectory(t), 'haproxy.cfg')
  writeFileSync(config, configFor(port, [a, b]))
  await startProgram(t, 'haproxy', ['-db', '-f', config], port)
  const proxy = { host: '127.0.0.1', port }

  const connect = async (): Promise<SocksClient> => {
    const { client, reply } = await askSocks(proxy, target.host, target.port)
    if (reply.code !== 0) throw new Error(`reply ${reply.code}`)
    return client
  }
  const staying = await Promise.all(Array.from({ length: STAYING }, connect))
  /** The log line of the race of a client, from the daemon that served it. */
  const raceOf = ({ eyeballd }: Balanced, { socket }: SocksClient) =>
    eyeballd.linesOf('race').find(({ client }) => client === `127.0.0.1:${socket.localPort}`)
  t.ok(
    await eventually(() => staying.every(client => raceOf(a, client) ?? raceOf(b, client))),
    'the log names the clients, not HAProxy',
  )
  const stayingIn = (server: Balanced, pid?: unknown): SocksClient[] =>
    staying.filter(client => {
      const race = raceOf(server, client)
      return race !== undefined && (pid === undefined || race['process'] === pid)
    })
  t.ok(stayingIn(a).length > 0 && stayingIn(b).length > 0, 'HAProxy uses both')

  // Clients come and go all the time.
  const load = new AbortController()
  t.teardown(() => load.abort())
  let served = 0
  const failures: { readonly from: number; readonly to: number; readonly why: string }[] = []
  const comeAndGo = async (): Promise<void> => {
    while (!load.signal.aborted) {
      const from = performance.now()
      try {
        const client = await connect()
        if ((await talk(client, 'hello')) !== 'hello') throw new Error('other bytes')
        client.socket.end()
        const how = await client.over
        if (how !== 'end') throw new Error(how)
        served++
      } catch (error) {
        failures.push({ from, to: performance.now(), why: String(error) })
      }
      await sleep(5)
    }
  }
  const visits = Promise.all(Array.from({ length: CLIENTS }, comeAndGo))
  const moreAreServed = (count: number): Promise<boolean> => {
    const before = served
    return eventually(() => served >= before + count, 20_000)
  }
  t.ok(await moreAreServed(60))

  a.eyeballd.kill('SIGTERM')
  t.match(await a.eyeballd.waitFor(({ event }) => event === 'drain-delay'), { delayMs: 2000 })
  const draining = await a.eyeballd.waitFor(({ event }) => event === 'draining', 20_000)
  t.ok(await moreAreServed(60), 'the other one serves them')
  const last = a.eyeballd.linesOf('race').at(-1)
  t.ok(Number(last?.['time']) < draining.time, 'HAProxy noticed before the listeners closed')
  t.same(failures, [], 'no new connection failed while one daemon drained')
  const keptByA = stayingIn(a)
  for (const client of keptByA) t.equal(await talk(client, 'still'), 'still')
  t.equal(a.eyeballd.child.exitCode, null, 'it waits for them')

  const pid = Number(stayingIn(b).map(client => raceOf(b, client)?.['process'])[0])
  const killedAt = performance.now()
  process.kill(pid, 'SIGKILL')
  await b.eyeballd.waitFor(({ event }) => event === 'process-lost')
  const lostAt = performance.now()
  t.ok(await moreAreServed(60), 'the other worker process serves them')
  await b.eyeballd.waitFor(({ event }) => event === 'process-started', 20_000)
  t.ok(await moreAreServed(60), 'and the new one')
  load.abort()
  await visits
  t.same(
    failures.filter(({ from, to }) => from > lostAt || to < killedAt),
    [],
    'only connections of the dead process failed',
  )
  const dead = stayingIn(b, pid)
  t.ok(dead.length > 0)
  // HAProxy ends them in order, however their server ended.
  for (const client of dead) await within(5000, 'what it held is closed', client.over)
  const alive = stayingIn(b).filter(client => !dead.includes(client))
  for (const client of [...keptByA, ...alive]) t.equal(await talk(client, 'still'), 'still')

  for (const client of [...keptByA, ...alive]) {
    client.socket.end()
    t.equal(await client.over, 'end')
  }
  t.match(await within(20_000, 'the drained one ends', a.eyeballd.exited), { code: 0 })
  const reasons = a.eyeballd.linesOf('close').map(({ reason }) => reason)
  t.same(new Set(reasons), new Set(['eof']), 'each of its connections ended by itself')
  await b.eyeballd.stop(t)
})
