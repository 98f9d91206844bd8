import t from 'tap'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { PEERS } from '../../../../scripts/bench/peers.ts'
import { createFreePorts } from '../../../../scripts/bench/free-ports.ts'
import { askOrigin } from '../../../../scripts/bench/load/ask-origin.ts'
import { createHolder } from '../../../../scripts/bench/load/holder.ts'
import { createLatencies } from '../../../../scripts/bench/load/latencies.ts'
import { must, needLibc } from '../../../../scripts/bench/load/need-libc.ts'
import { runBulk } from '../../../../scripts/bench/load/run-bulk.ts'
import { runPing } from '../../../../scripts/bench/load/run-ping.ts'
import { runRate } from '../../../../scripts/bench/load/run-rate.ts'
import { connectRequest, socksRequest } from '../../../../scripts/bench/load/requests.ts'
import type { Route } from '../../../../scripts/bench/load/types.ts'
import { startGenerator, startOrigin } from '../../../../scripts/bench/start-load.ts'
import { startProcess } from '../../../../scripts/bench/start-process.ts'
import { loadLibc } from '../../../../src/libc/load-libc.ts'
import { endChild, own } from '../../../fixtures/children.ts'
import { descriptorNames, openDescriptors } from '../../../fixtures/process-figures.ts'
import { findProgram, unlessMissing } from '../../../fixtures/programs.ts'

const loaded = loadLibc()
const skip = loaded.ok ? false : loaded.reason
const SECONDS = 0.2
const nextPort = createFreePorts(15_000)

/** An origin as a process, for all: what is tested waits without turning Node's loop. */
const originPort = await nextPort()
if (!skip) await startOrigin(t, [originPort, await nextPort()])
const route: Route = { port: originPort, originPort }

const nobody = async (): Promise<Route> => {
  const port = await nextPort()
  return { port, originPort: port }
}

t.test('times', async t => {
  const latencies = createLatencies()
  t.equal(latencies.at(0.5), undefined)
  for (let i = 100_000; i > 0; i--) latencies.add(i)
  t.equal(latencies.count(), 100_000)
  t.equal(latencies.at(0.5), 50_000)
  t.equal(latencies.at(0.99), 99_000)
  t.equal(latencies.at(0), 1)
  latencies.add(0)
  t.equal(latencies.at(0), 0, 'more after a look')
})

t.test('requests of SOCKS', async t => {
  t.same([...socksRequest('ab', 0x1234)], [5, 1, 0, 3, 2, 97, 98, 0x12, 0x34])
  t.same([...socksRequest('127.0.0.1', 80)], [5, 1, 0, 1, 127, 0, 0, 1, 0, 80])
})

t.test('requests of HTTP', async t => {
  const lines = connectRequest('localhost', 80).toString().split('\r\n')
  t.same(lines, ['CONNECT localhost:80 HTTP/1.1', 'Host: localhost:80', '', ''])
})

t.test('connections are made, and bytes come back', { skip }, async t => {
  const libc = needLibc()
  const before = openDescriptors(process.pid)
  const rate = runRate(libc, { kind: 'rate', route, conns: 5, seconds: SECONDS })
  t.match(rate, { failed: 0, perSecond: Number, p50: Number, p99: Number })
  t.ok((rate.finished ?? 0) > 0, 'all that were finished are counted')
  t.ok((rate.p99 ?? 0) >= (rate.p50 ?? Infinity))
  const ping = { kind: 'ping', route, conns: 5, seconds: SECONDS } as const
  const fast = runPing(libc, { ...ping, paceMs: 0 })
  t.match(fast, { failed: 0, perSecond: Number, p50: Number, p99: Number })
  const paced = runPing(libc, { ...ping, conns: 4, paceMs: 20, seconds: 0.4 })
  t.match(paced, { failed: 0 })
  t.ok((paced.perSecond ?? Infinity) <= 230, 'four connections each 20 ms are 200 a second')
  t.equal(openDescriptors(process.pid), before, descriptorNames(process.pid).join(' '))
})

t.test('bulk goes both ways, every byte of it', { skip }, async t => {
  const libc = needLibc()
  const before = openDescriptors(process.pid)
  for (const kind of ['down', 'up'] as const) {
    const was = askOrigin(libc, route.originPort)
    const job = { kind, route, conns: 2, seconds: SECONDS, warmSeconds: 0.05 } as const
    const report = runBulk(libc, job)
    t.match(report, { failed: 0, perSecond: Number })
    const is = askOrigin(libc, route.originPort)
    const counted = kind === 'down' ? is.sent - was.sent : is.received - was.received
    t.equal(report.bytes, counted)
    t.ok(counted > 0, kind)
  }
  t.equal(openDescriptors(process.pid), before, descriptorNames(process.pid).join(' '))
})

t.test('a proxy that swallows bytes is found out', { skip }, async t => {
  const libc = needLibc()
  const port = await nextPort()
  const proxy = `
    const net = require('node:net')
    const loss = process.argv[2]
    net.createServer(client => {
      const upstream = net.connect(Number(process.argv[3]), '127.0.0.1')
      client.pipe(upstream)
      let lost = false
      upstream.on('data', chunk => {
        client.write(lost || loss === '0' ? chunk : chunk.subarray(1))
        lost = true
      })
      upstream.on('end', () => client.end())
      for (const end of [client, upstream]) end.on('error', () => {})
    }).listen(Number(process.argv[1]), '127.0.0.1', () => console.log('up'))`
  const args = ['-e', proxy, String(port), '1', String(route.originPort)]
  const child = own(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }))
  t.teardown(() => endChild(child))
  await once(createInterface(child.stdout), 'line')
  const lossy = { port, originPort: route.originPort }
  const job = { kind: 'down', route: lossy, conns: 1, seconds: SECONDS, warmSeconds: 0 } as const
  t.match(runBulk(libc, job), { failed: 1, failure: /^\d+ bytes were sent, \d+ arrived$/ })
})

t.test('connections are held until they are let go', { skip }, async t => {
  const libc = needLibc()
  const before = openDescriptors(process.pid)
  const holder = createHolder(libc)
  t.match(holder.hold({ kind: 'hold', route, conns: 150 }), { failed: 0, held: 150 })
  t.match(holder.hold({ kind: 'hold', route, conns: 160 }), { failed: 0, held: 160 })
  t.match(holder.release(), { failed: 0, held: 160 })
  t.match(holder.release(), { failed: 0, held: 0 })
  t.equal(openDescriptors(process.pid), before, descriptorNames(process.pid).join(' '))
})

t.test('if nobody listens, that is reported', { skip }, async t => {
  const libc = needLibc()
  const gone = await nobody()
  const refused = { failure: /ECONNREFUSED/ }
  const before = openDescriptors(process.pid)
  t.match(runRate(libc, { kind: 'rate', route: gone, conns: 2, seconds: 1 }), {
    ...refused,
    failed: 100,
  })
  const ping = { kind: 'ping', route: gone, conns: 2, seconds: 1, paceMs: 0 } as const
  t.match(runPing(libc, ping), refused)
  const holder = createHolder(libc)
  const hold = { kind: 'hold', route: gone, conns: 20 } as const
  t.match(holder.hold(hold), { ...refused, held: 0 })
  holder.release()
  const bulk = { kind: 'down', route: gone, conns: 1, seconds: 1, warmSeconds: 0 } as const
  t.throws(() => runBulk(libc, bulk), { message: /connect to the origin at \d+ failed/ })
  const mixed = { ...bulk, route: { port: gone.port, originPort } }
  t.match(runBulk(libc, mixed), refused)
  t.equal(openDescriptors(process.pid), before, descriptorNames(process.pid).join(' '))
  t.throws(() => must('a call', -1), { message: 'a call failed with error number 1' })
})

t.test('by SOCKS', { skip: skip || unlessMissing('microsocks') }, async t => {
  const libc = needLibc()
  const port = await nextPort()
  const command = ['microsocks', '-i', '127.0.0.1', '-p', String(port)]
  await startProcess(t, command, { ports: [port], isMute: true })
  for (const socksHost of ['localhost', '127.0.0.1']) {
    const bySocks = { port, socksHost, originPort }
    const rate = runRate(libc, { kind: 'rate', route: bySocks, conns: 5, seconds: SECONDS })
    t.match(rate, { failed: 0, perSecond: Number }, socksHost)
    const down = {
      kind: 'down',
      route: bySocks,
      conns: 1,
      seconds: SECONDS,
      warmSeconds: 0,
    } as const
    t.match(runBulk(libc, down), { failed: 0 }, socksHost)
  }
  const closed = { port, socksHost: '127.0.0.1', originPort: await nextPort() }
  const rate = runRate(libc, { kind: 'rate', route: closed, conns: 1, seconds: SECONDS })
  t.match(rate, { failed: 100, failure: 'refused by the proxy with 5' })
})

t.test('by HTTP CONNECT', { skip: skip || unlessMissing('tinyproxy') }, async t => {
  const libc = needLibc()
  const [port, peer] = [await nextPort(), PEERS.find(({ program }) => program === 'tinyproxy')]
  const directory = t.testdir({})
  const origins = { origin: originPort, bulk: originPort }
  const world = { owner: t, ports: origins, nextPort: async () => port, directory, openFiles: 1000 }
  await peer?.contender(findProgram('tinyproxy') ?? '', world.openFiles).start(world)
  for (const httpHost of ['localhost', '127.0.0.1']) {
    const byHttp = { port, httpHost, originPort }
    const rate = runRate(libc, { kind: 'rate', route: byHttp, conns: 5, seconds: SECONDS })
    t.match(rate, { failed: 0, perSecond: Number }, httpHost)
  }
  const closed = { port, httpHost: '127.0.0.1', originPort: await nextPort() }
  const rate = runRate(libc, { kind: 'rate', route: closed, conns: 1, seconds: SECONDS })
  t.match(rate, { failed: 100, failure: /refused by the proxy with "HTTP\/1\.. 50/ })
})

t.test('a generator is a process that does one job after the other', { skip }, async t => {
  const generator = startGenerator(t)
  const rate = await generator.run({ kind: 'rate', route, conns: 2, seconds: SECONDS })
  t.match(rate, { failed: 0, perSecond: Number })
  const ping = { kind: 'ping', route, conns: 2, seconds: SECONDS, paceMs: 0 } as const
  t.match(await generator.run(ping), { failed: 0, perSecond: Number })
  const up = { kind: 'up', route, conns: 1, seconds: SECONDS, warmSeconds: 0 } as const
  t.match(await generator.run(up), { failed: 0, perSecond: Number })
  t.match(await generator.run({ kind: 'hold', route, conns: 3 }), { held: 3 })
  t.match(await generator.run({ kind: 'release' }), { failed: 0, held: 3 })
  const bad = { ...up, route: await nobody() }
  t.match(await generator.run(bad), { failed: 1, failure: /connect to the origin/ })
})
