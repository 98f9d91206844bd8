/** Several processes that share the listeners are one daemon to everybody outside. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join as joinPath } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { loadLibc } from '../../src/libc/load-libc.ts'
import { within } from '../fixtures/children.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { makeSocketDir } from '../fixtures/socket-dir.ts'
import type { ProxyAddress, SocksClient } from '../fixtures/socks-client.ts'
import { askSocks, openSocks } from '../fixtures/socks-client.ts'
import type { Eyeballd } from '../fixtures/start-eyeballd.ts'
import { runEyeballd, startEyeballd } from '../fixtures/start-eyeballd.ts'
import { echo, freePort, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

if (process.platform !== 'linux') {
  t.plan(0, 'the processes of a daemon are found by /proc, which is Linux’s')
  process.exit(0)
}

const target = await tcpTarget(t, echo)

const inOrder = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b)

/** The processes that a daemon leads. */
const workersOf = ({ pid }: Eyeballd): number[] =>
  inOrder(
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)
      .map(Number),
  )

const isAlive = (pid: number): boolean => {
  try {
    // A process that has ended and waits to be asked how is no more than a number.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

const accepts = (address: { host: string; port: number }): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(address)
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })

const talk = async (client: SocksClient, text: string): Promise<string> => {
  client.write(text)
  return (await client.read(text.length)).toString()
}

const join = async (proxy: ProxyAddress): Promise<SocksClient> => {
  const { client, reply } = await askSocks(proxy, target.host, target.port)
  if (reply.code !== 0) throw new Error(`reply ${reply.code}`)
  return client
}

/** So many connections, one after the other, each to its end. */
const comeAndGo = async (proxy: ProxyAddress, count: number): Promise<void> => {
  for (let i = 0; i < count; i++) {
    const client = await join(proxy)
    await talk(client, 'hello')
    client.socket.end()
    await client.over
  }
}

/** The lines of the log, every one of which must be JSON. */
const wholeLines = ({ output }: Eyeballd): Record<string, unknown>[] =>
  output()
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>)

const socks = (listen: string | readonly string[], rest: object = {}) => ({
  protocol: 'socks',
  listen,
  ...rest,
})

const configFor = (engine: string, listeners: readonly object[], rest: object = {}) => ({
  listeners,
  processes: 2,
  pipe: { engine },
  ...rest,
})

/** By the kernel the ports are shared by SO_REUSEPORT, by Node as handles. */
const engines = loadLibc().ok ? ['splice', 'stream'] : ['stream']

for (const engine of engines) {
  /** What does not hang on how a port is shared is tested once. */
  const once = engine === engines[0] ? {} : { skip: 'tested with the first engine' }
  const config = (listeners: readonly object[], rest?: object): object =>
    configFor(engine, listeners, rest)

  await t.test(`engine ${engine}: all serve, and the log is one`, async t => {
    const listeners = [
      socks(['127.0.0.1:0', '[::1]:0'], { name: 'a' }),
      socks('127.0.0.1:0', { name: 'b' }),
    ]
    const eyeballd = await startEyeballd(t, { config: config(listeners) })
    t.equal(workersOf(eyeballd).length, 2)
    t.equal(new Set(eyeballd.addresses).size, 3, 'each listener has a port of its own')
    await comeAndGo(eyeballd.address('b'), 30)
    await Promise.all(Array.from({ length: 30 }, () => comeAndGo(eyeballd.address('a'), 1)))
    t.ok(await eventually(() => eyeballd.linesOf('close').length === 60))
    t.equal(eyeballd.linesOf('listening').length, 3, 'each address is reported once')
    t.equal(eyeballd.linesOf('engine').length, 1)
    const closes = eyeballd.linesOf('close')
    t.same(
      inOrder([...new Set(closes.map(({ process: pid }) => Number(pid)))]),
      workersOf(eyeballd),
      'both have served, and say who they are',
    )
    t.equal(new Set(closes.map(({ conn }) => conn)).size, 60, 'ids are unique over all')
    await eyeballd.stop(t)
    t.equal(wholeLines(eyeballd).at(-1)?.['event'], 'stopped')
    t.equal(eyeballd.linesOf('stopped').length, 1)
  })

  await t.test(`engine ${engine}: a port that is taken is reported once`, once, async t => {
    const taken = await runEyeballd(t, { config: config([socks(`127.0.0.1:${target.port}`)]) })
    t.equal(taken.code, 1)
    t.equal(taken.stderr, '')
    const lines = taken.stdout.trimEnd().split('\n')
    t.equal(lines.filter(line => line.includes('"fatal"')).length, 1)
    t.match(JSON.parse(lines.at(-1) ?? ''), { event: 'fatal', code: 'EADDRINUSE' })
  })

  await t.test(`engine ${engine}: two that start at a time do not share a port`, async t => {
    const port = await freePort()
    const options = { config: config([socks(`127.0.0.1:${port}`)]) }
    const starts = await Promise.allSettled([startEyeballd(t, options), startEyeballd(t, options)])
    t.same(starts.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
    const [one] = starts.flatMap(start => (start.status === 'fulfilled' ? start.value : []))
    const alone = { config: config([socks(`127.0.0.1:${port}`)], { processes: 1 }) }
    t.match(await runEyeballd(t, alone), { code: 1, stdout: /EADDRINUSE/ }, 'nor one process later')
    await one?.stop(t)
  })

  await t.test(`engine ${engine}: SIGHUP reaches all, or changes nothing`, async t => {
    const [first, second] = [await freePort(), await freePort()]
    const on = (...addresses: readonly string[]): string =>
      JSON.stringify(config(addresses.map(address => socks(address))))
    const eyeballd = await startEyeballd(t, { config: on(`127.0.0.1:${first}`) })
    const reload = async (text: string): Promise<Record<string, unknown>> => {
      const before = eyeballd.linesOf('reload').length
      writeFileSync(eyeballd.configFile ?? '', text)
      eyeballd.kill('SIGHUP')
      await eyeballd.waitFor(() => eyeballd.linesOf('reload').length > before)
      return eyeballd.linesOf('reload').at(-1) ?? {}
    }
    const at = (port: number) => ({ host: '127.0.0.1', port })
    const client = await join(at(first))

    await reload(on(`127.0.0.1:${first}`, `127.0.0.1:${second}`))
    await comeAndGo(at(second), 5)
    await reload(on(`127.0.0.1:${second}`))
    t.equal(await accepts(at(first)), false, 'a listener that is gone is gone everywhere')
    t.equal(await talk(client, 'still'), 'still', 'what came through it lives on')

    t.match(await reload('listeners: ['), { level: 50 }, 'a bad file')
    t.match(await reload(on(`127.0.0.1:${first}`, `127.0.0.1:${target.port}`)), {
      level: 50,
      error: /EADDRINUSE|another process/,
    })
    t.equal(await accepts(at(first)), false, 'no other was opened')
    await comeAndGo(at(second), 5)

    // The wildcard can only open where all have closed what it replaces.
    await reload(JSON.stringify(config([socks(`0.0.0.0:${second}`, { open: true })])))
    t.match(eyeballd.linesOf('listening').at(-1), { address: `0.0.0.0:${second}` })
    await comeAndGo(at(second), 5)
    t.match(
      await reload(
        JSON.stringify(config([socks(`0.0.0.0:${second}`, { open: true })], { processes: 3 })),
      ),
      {
        restart: ['processes'],
      },
    )
    t.equal(workersOf(eyeballd).length, 2)
    t.equal(eyeballd.linesOf('reload').length, 6, 'each reload is reported once')
    client.socket.end()
    await client.over
    await eyeballd.stop(t)
    t.equal(await accepts(at(second)), false)
  })

  await t.test(`engine ${engine}: a process that dies is replaced`, async t => {
    const eyeballd = await startEyeballd(t, { config: config([socks('127.0.0.1:0')]) })
    const workers = workersOf(eyeballd)
    const [lost = 0, other = 0] = workers
    const clients: SocksClient[] = []
    // Where processes share one socket, the first that is idle may take all of a few.
    const serving = (): number =>
      new Set(eyeballd.linesOf('race').map(line => line['process'])).size
    for (let batch = 0; batch < 20 && !(await eventually(() => serving() === 2, 500)); batch++) {
      clients.push(
        ...(await Promise.all(Array.from({ length: 12 }, () => join(eyeballd.address())))),
      )
    }
    const all = clients.length
    // How many connections it had is known as of the last second.
    await sleep(1500)
    process.kill(lost, 'SIGKILL')
    const ended = await eyeballd.waitFor(({ event }) => event === 'process-lost')
    t.match(ended, { level: 50, process: lost, restartMs: 100, msg: /SIGKILL/ })
    const connections = Number(ended['connections'])
    t.ok(connections > 0 && connections < all, `${connections} of ${all} were its`)
    const begun = await eyeballd.waitFor(({ event }) => event === 'process-started', 20_000)
    const next = Number(begun['process'])
    t.same(workersOf(eyeballd), inOrder([other, next]))
    const alive = await Promise.all(
      clients.map(client =>
        talk(client, 'alive').then(
          text => text === 'alive',
          () => false,
        ),
      ),
    )
    t.equal(alive.filter(Boolean).length, all - connections, 'the others live on')
    for (const client of clients) client.destroy()
    const served = (): boolean => eyeballd.linesOf('close').some(line => line['process'] === next)
    for (let i = 0; i < 100 && !served(); i++) await comeAndGo(eyeballd.address(), 1)
    t.ok(await eventually(served), 'the new one serves')
    const ids = eyeballd.linesOf('race').map(({ conn }) => conn)
    t.equal(new Set(ids).size, ids.length, 'ids are unique, those of the one that is lost too')
    // What ends a whole group of processes is for the one that leads them to hear.
    process.kill(other, 'SIGTERM')
    process.kill(other, 'SIGINT')
    process.kill(other, 'SIGHUP')
    await sleep(200)
    t.ok(isAlive(other))
    t.equal(eyeballd.linesOf('listening').length, 1)
    await eyeballd.stop(t)
  })

  await t.test(`engine ${engine}: SIGTERM drains all, a second one ends all`, once, async t => {
    const eyeballd = await startEyeballd(t, { config: config([socks('127.0.0.1:0')]) })
    const workers = workersOf(eyeballd)
    const clients = await Promise.all(Array.from({ length: 8 }, () => join(eyeballd.address())))
    eyeballd.kill('SIGTERM')
    const draining = await eyeballd.waitFor(({ event }) => event === 'draining')
    t.match(draining, { connections: 8, signal: 'SIGTERM' }, 'the connections of all')
    t.equal(await accepts(eyeballd.address()), false, 'nobody new is let in')
    for (const client of clients) t.equal(await talk(client, 'here'), 'here')
    clients[0]?.socket.end()
    await clients[0]?.over
    eyeballd.kill('SIGTERM')
    const { code } = await within(5000, 'it ends', eyeballd.exited)
    t.equal(code, 0)
    t.equal(eyeballd.linesOf('draining').length, 1)
    t.equal(eyeballd.linesOf('close').length, 8)
    t.equal(eyeballd.lines.at(-1)?.event, 'stopped', 'after all lines of all')
    t.notOk(workers.some(isAlive))
    for (const client of clients) client.destroy()
  })

  await t.test(`engine ${engine}: without who leads them, all drain and end`, once, async t => {
    const eyeballd = await startEyeballd(t, {
      config: config([socks('127.0.0.1:0')], { drainTimeout: '20s' }),
    })
    const workers = workersOf(eyeballd)
    const client = await join(eyeballd.address())
    eyeballd.kill('SIGKILL')
    // Not its outputs: the others have them still.
    await within(5000, 'it is gone', new Promise(resolve => eyeballd.child.once('exit', resolve)))
    const isClosed = async (): Promise<boolean> => !(await accepts(eyeballd.address()))
    // The workers have seen it end a moment later, and drain for 20 s.
    t.ok(await eventually(isClosed, 10_000), 'nobody listens any more')
    t.equal(await talk(client, 'still'), 'still', 'what is open may end')
    client.socket.end()
    await client.over
    t.ok(await eventually(() => !workers.some(isAlive)), 'no orphan is left')
  })
}

await t.test('a UNIX socket is shared, with its rights, and loses its name at once', async t => {
  const path = joinPath(makeSocketDir(t), 's')
  const listeners = [socks(`unix:${path}`, { mode: '0660' })]
  const eyeballd = await startEyeballd(t, { config: configFor(engines[0] ?? '', listeners) })
  t.equal(statSync(path).mode & 0o777, 0o660)
  await Promise.all(Array.from({ length: 60 }, () => comeAndGo({ path }, 1)))
  const [lost = 0] = workersOf(eyeballd)
  process.kill(lost, 'SIGKILL')
  await eyeballd.waitFor(({ event }) => event === 'process-started', 20_000)
  await comeAndGo({ path }, 10)
  t.same(
    [...new Set(eyeballd.linesOf('close').map(({ engine }) => engine))],
    [engines[0]],
    'its clients use the engine of all others',
  )
  const client = await join({ path })
  // Other rights are another socket in the same place.
  writeFileSync(
    eyeballd.configFile ?? '',
    JSON.stringify(configFor(engines[0] ?? '', [socks(`unix:${path}`, { mode: '0600' })])),
  )
  eyeballd.kill('SIGHUP')
  t.match(await eyeballd.waitFor(({ event }) => event === 'reload'), { level: 30 })
  t.equal(statSync(path).mode & 0o777, 0o600)
  await comeAndGo({ path }, 10)
  eyeballd.kill('SIGTERM')
  await eyeballd.waitFor(({ event }) => event === 'draining')
  t.notOk(existsSync(path))
  client.destroy()
  t.equal((await within(5000, 'it ends', eyeballd.exited)).code, 0)
})

await t.test('limits hold over all', async t => {
  const limits = { maxConnections: 3 }
  const eyeballd = await startEyeballd(t, {
    config: configFor(engines[0] ?? '', [socks('127.0.0.1:0')], { limits }),
  })
  t.match(eyeballd.linesOf('listening'), [{ connections: 3 }])
  const clients = await Promise.all(Array.from({ length: 30 }, () => openSocks(eyeballd.address())))
  const served = async (client: SocksClient): Promise<boolean> => {
    await client.greet()
    client.sendRequest(target.host, target.port)
    return (await client.readReply()).code === 0
  }
  const answers = await Promise.all(clients.map(client => served(client).catch(() => false)))
  t.equal(answers.filter(Boolean).length, 3)
  const { msg } = await eyeballd.waitFor(({ event }) => event === 'rejected')
  t.match(msg, / in this process (?:are|is) in use/)
  for (const client of clients) client.destroy()
  await eyeballd.stop(t)
})

await t.test('an optional address that the host does not have is left out once', async t => {
  const listeners = [socks('localhost:0'), socks('192.0.2.1:0', { name: 'no', open: true })]
  const { code, stdout } = await runEyeballd(t, { config: configFor(engines[0] ?? '', listeners) })
  t.equal(code, 1, 'one that was asked for is an error')
  t.equal(stdout.match(/EADDRNOTAVAIL/g)?.length, 1)
})

await t.test('long lines of all are whole', async t => {
  const eyeballd = await startEyeballd(t, {
    config: configFor(engines[0] ?? '', [socks('127.0.0.1:0')], {
      resolver: { mode: 'dns', search: [] },
    }),
  })
  const name = `${'n'.repeat(60)}.`.repeat(4).slice(0, 240)
  const ask = async (): Promise<void> => {
    const client = await openSocks(eyeballd.address())
    await client.greet()
    client.sendRequest(`${name}.invalid`.slice(-250), 1)
    await client.readReply(20_000)
    client.destroy()
  }
  for (let round = 0; round < 5; round++) await Promise.all(Array.from({ length: 40 }, ask))
  await eyeballd.stop(t)
  t.equal(wholeLines(eyeballd).filter(({ event }) => event === 'race').length, 200)
})
