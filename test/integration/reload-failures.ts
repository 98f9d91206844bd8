/**
 * A reload that fails changes nothing: after each kind of failure the daemon serves what it served
 * before, to the same users, by the same rules, within the same limits and from the same cache.
 */
import { once } from 'node:events'
import { mkdirSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { loadLibc } from '../../src/libc/load-libc.ts'
import { createDnsServer } from '../fixtures/dns-server.ts'
import { hangUp, reload } from '../fixtures/reload.ts'
import type { ProxyAddress, SocksClient } from '../fixtures/socks-client.ts'
import { openSocks } from '../fixtures/socks-client.ts'
import type { LogLine } from '../fixtures/start-eyeballd.ts'
import { startEyeballd, temporaryDirectory } from '../fixtures/start-eyeballd.ts'
import { echo, freePort, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(240_000)

/** A client of this address counts against a limit that the others do not reach. */
const CROWD = '127.0.0.9'
const CROWD_LIMIT = 8
const CROWD_SIZE = 24

const target = await tcpTarget(t, echo)
const denied = await tcpTarget(t, echo)
const dns = await createDnsServer({ 'cached.example': { addresses: ['127.0.0.1'], ttl: 3600 } })
t.teardown(() => dns.close())

type Where = {
  readonly open: number
  readonly users: number
  readonly processes: number
  readonly folder: string
  /** A port of which another process has 127.0.0.2, so that its wildcard can never be opened. */
  readonly half: number
}

const socks = (name: string, listen: string | readonly string[], rest: object = {}) => ({
  name,
  protocol: 'socks',
  listen,
  ...rest,
})

let clients = 0

/** Opens a connection from an address of its own, as one client may have only so many. */
const openClient = (proxy: ProxyAddress): Promise<SocksClient> => {
  const localAddress = `127.0.1.${(clients++ % 250) + 1}`
  return openSocks(proxy, 'path' in proxy ? {} : { localAddress })
}

const codeOf = async (proxy: ProxyAddress, host: string, port: number): Promise<number> => {
  const client = await openClient(proxy)
  try {
    await client.greet()
    client.sendRequest(host, port)
    return (await client.readReply()).code
  } finally {
    client.destroy()
    await client.over
  }
}

const loginOf = async (proxy: ProxyAddress, user: string): Promise<number> => {
  const client = await openClient(proxy)
  try {
    return (await client.greet([2])) === 2 ? await client.login(user, 'secret') : -1
  } finally {
    client.destroy()
  }
}

/** How many clients of a crowd get a connection at a time. */
const admitted = async (proxy: ProxyAddress): Promise<number> => {
  const crowd = await Promise.all(
    Array.from({ length: CROWD_SIZE }, () => openSocks(proxy, { localAddress: CROWD })),
  )
  const connect = async (client: SocksClient): Promise<boolean> => {
    await client.greet()
    client.sendRequest('127.0.0.1', target.port)
    return (await client.readReply()).code === 0
  }
  const answers = await Promise.all(crowd.map(client => connect(client).catch(() => false)))
  for (const client of crowd) client.destroy()
  return answers.filter(Boolean).length
}

/** What was in force at the start: no rule, another user, no limit, another cache. */
const first = ({ open, users, half }: Where, rest: object): object => ({
  ...rest,
  listeners: [
    socks('open', `127.0.0.1:${open}`),
    socks('users', [`127.0.0.1:${users}`, `127.0.0.1:${half}`], {
      auth: { users: { bob: 'secret' } },
    }),
  ],
  log: { level: 'fatal' },
})

/** What a good reload put in its place, and each bad one must leave alone. */
const second = ({ open, users, folder, half }: Where, rest: object) => ({
  ...rest,
  listeners: [
    socks('open', `127.0.0.1:${open}`),
    socks('users', [`127.0.0.1:${users}`, `127.0.0.1:${half}`], {
      auth: { users: { alice: 'secret' } },
    }),
    socks('unix', `unix:${join(folder, 's')}`, { mode: '0660' }),
  ],
  access: [
    { action: 'deny', ports: [denied.port] },
    { action: 'allow', to: ['loopback'] },
  ],
  resolver: { servers: [dns.address], search: [], ipv6: false },
  limits: { maxConnectionsPerClient: CROWD_LIMIT, authFailureDelay: 0 },
})

const serves = async (t: Test, where: Where, why: string): Promise<void> => {
  const at = (port: number) => ({ host: '127.0.0.1', port })
  const asked = dns.queries.length
  const path = join(where.folder, 's')
  for (const proxy of [at(where.open), { path }]) {
    t.equal(await codeOf(proxy, '127.0.0.1', denied.port), 2, `${why}: a denied target stays so`)
    t.equal(await codeOf(proxy, '127.0.0.1', target.port), 0, `${why}: another is served`)
    t.equal(await codeOf(proxy, 'cached.example', target.port), 0, `${why}: a name is known`)
  }
  t.same(dns.queries.slice(asked), [], `${why}: from the cache`)
  for (const port of [where.users, where.half]) {
    t.equal(await loginOf(at(port), 'alice'), 0, `${why}: a user stays`)
    t.equal(await loginOf(at(port), 'bob'), 1, `${why}: one that was removed stays so`)
  }
  t.equal(statSync(path).mode & 0o777, 0o660, `${why}: a socket keeps its mode`)
  // With several processes each has its part of the limit, rounded up.
  const limit = Math.ceil(CROWD_LIMIT / where.processes) * where.processes
  t.ok((await admitted(at(where.open))) <= limit, `${why}: a limit stays`)
}

const engines = loadLibc().ok ? ['splice', 'stream'] : ['stream']

for (const processes of [1, 2]) {
  for (const engine of engines) {
    await t.test(`engine ${engine}, processes: ${processes}`, async t => {
      const half = await freePort()
      const squatter = createServer().listen(half, '127.0.0.2')
      await once(squatter, 'listening')
      t.teardown(() => squatter.close())
      const folder = temporaryDirectory(t, 'ey-')
      const ports = { open: await freePort(), users: await freePort() }
      const where: Where = { ...ports, processes, folder, half }
      const rest = { pipe: { engine }, processes }
      const config = { ...first(where, rest), log: { level: 'info' } }
      const eyeballd = await startEyeballd(t, { config })
      t.match(await reload(eyeballd, second(where, rest)), { level: 30 })
      const warm = async (): Promise<void> => {
        const proxy = { host: '127.0.0.1', port: ports.open }
        const ask = () => codeOf(proxy, 'cached.example', target.port)
        t.same(new Set(await Promise.all(Array.from({ length: 20 }, ask))), new Set([0]))
      }
      // Each process has a cache of its own, and an idle one may take several connections in a row.
      const served = (): number =>
        new Set(eyeballd.linesOf('race').map(({ process: pid }) => pid)).size
      for (let i = 0; i < 50 && served() < processes; i++) await warm()
      t.equal(served(), processes, 'all processes have served')
      await serves(t, where, 'a good reload')

      const bad = first(where, rest) as { listeners: object[] }
      const withListener = (...more: readonly object[]) => ({
        ...bad,
        listeners: [...bad.listeners, ...more],
      })
      const any = (name: string, port: number) => socks(name, `0.0.0.0:${port}`, { open: true })
      const failures: Readonly<Record<string, string | object>> = {
        'bad YAML': 'listeners: [',
        'an empty file': '',
        'comments alone': '# listeners:\n\n# all of it\n',
        'a document that says nothing': '---\n',
        null: 'null\n',
        'a mistake': { ...bad, listenerz: [] },
        'a users file that is gone': withListener(
          socks('gone', '127.0.0.1:0', { auth: { usersFile: join(folder, 'nobody') } }),
        ),
        'a port of another process': withListener(socks('taken', `127.0.0.1:${target.port}`)),
        'the last of several listeners': withListener(
          socks('free', '127.0.0.1:0'),
          socks('also free', `unix:${join(folder, 'new')}`),
          socks('taken', `127.0.0.1:${target.port}`),
        ),
        'a directory that is gone': withListener(socks('lost', `unix:${join(folder, 'no/s')}`)),
        'wildcards of which the last cannot take the place of its address': {
          ...bad,
          listeners: [any('open', where.open), any('users', where.users), any('half', half)],
        },
        'a wildcard beside a socket that would get another mode': {
          ...bad,
          listeners: [
            any('open', where.open),
            socks('unix', `unix:${join(folder, 's')}`, { mode: '0600' }),
            any('half', half),
          ],
        },
      }
      const failed = (line: LogLine, why: string): void => {
        t.match(line, { level: 50, error: /\w/ }, why)
      }
      for (const [why, failure] of Object.entries(failures)) {
        failed(await reload(eyeballd, failure), why)
        await serves(t, where, why)
        failed(await hangUp(eyeballd), `${why}, twice in a row`)
        await serves(t, where, `${why}, twice in a row`)
      }
      rmSync(eyeballd.configFile ?? '')
      failed(await hangUp(eyeballd), 'a file that is gone')
      mkdirSync(eyeballd.configFile ?? '')
      failed(await hangUp(eyeballd), 'a file that cannot be read')
      await serves(t, where, 'a file that cannot be read')
      rmSync(eyeballd.configFile ?? '', { recursive: true })
      t.same(eyeballd.linesOf('listener-lost'), [], 'no address was lost')

      const good = { ...second(where, rest), access: [] }
      t.match(await reload(eyeballd, good), { level: 30 }, 'a good one at last')
      const code = await codeOf({ host: '127.0.0.1', port: ports.open }, '127.0.0.1', denied.port)
      t.equal(code, 0, 'and it is in force')
      await eyeballd.stop(t)
    })
  }
}
