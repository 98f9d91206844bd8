/** Limits by user and by client, and bans, over real sockets: by each engine, and with several processes. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import t from 'tap'
import { loadLibc } from '../../src/libc/load-libc.ts'
import { httpOrigin } from '../fixtures/http-origin.ts'
import { reload } from '../fixtures/reload.ts'
import type { ProxyAddress, SocksClient } from '../fixtures/socks-client.ts'
import { openSocks } from '../fixtures/socks-client.ts'
import type { LogLine } from '../fixtures/start-eyeballd.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(180_000)

const CLIENT = '203.0.113.5'
const USERS = { alice: 'a', bob: 'b' }
const noLibc = loadLibc().ok ? false : 'the C library cannot be had'

const target = await tcpTarget(t, echo)
const origin = await httpOrigin(t)

type Options = { readonly engine: 'splice' | 'stream'; readonly processes: number }

const begin = async (t: Test, { engine, processes }: Options, limits: object) => {
  const auth = { users: USERS }
  const listen = '127.0.0.1:0'
  const balancers = { from: '127.0.0.1' }
  const config = {
    listeners: [
      { name: 'local', protocol: 'mixed', listen, auth },
      { name: 'other', protocol: 'http', listen, auth },
      { name: 'far', protocol: 'mixed', listen, auth, proxyProtocol: balancers },
      { name: 'free', protocol: 'mixed', listen, proxyProtocol: balancers },
    ],
    access: [{ action: 'allow', to: ['loopback'] }],
    limits: { authFailureDelay: 0, ...limits },
    pipe: { engine },
    processes,
    log: { level: 'debug' },
    drainTimeout: 0,
  }
  const eyeballd = await startEyeballd(t, { config })
  const again = async (changed: object): Promise<void> => {
    const line = await reload(eyeballd, {
      ...config,
      limits: { authFailureDelay: 0, ...changed },
    })
    t.notOk(line['error'])
  }
  return { eyeballd, again }
}

const headerOf = (client: string): string => {
  const is6 = client.includes(':')
  return `PROXY ${is6 ? 'TCP6' : 'TCP4'} ${client} ${is6 ? '2001:db8::1' : '192.0.2.1'} 4660 1080\r\n`
}

const openFrom = async (proxy: ProxyAddress, client: string | null): Promise<SocksClient> => {
  const opened = await openSocks(proxy)
  if (client !== null) opened.write(headerOf(client))
  return opened
}

/** The reply to a SOCKS request, or `closed`; `login N` for a login that is refused. */
const bySocks = async (
  proxy: ProxyAddress,
  [user, password]: readonly [string, string],
  from: string | null = null,
): Promise<{ readonly client: SocksClient; readonly said: string }> => {
  const client = await openFrom(proxy, from)
  const ask = async (): Promise<string> => {
    await client.greet([2])
    const status = await client.login(user, password)
    if (status !== 0) return `login ${status}`
    client.sendRequest('127.0.0.1', target.port)
    return `reply ${(await client.readReply()).code}`
  }
  const said = await ask().catch(() => 'closed')
  return { client, said }
}

const requestOf = (line: string, [user, password]: readonly [string, string]): string => {
  const credentials = Buffer.from(`${user}:${password}`).toString('base64')
  const host = `Host: 127.0.0.1:${origin.port}\r\n`
  return `${line} HTTP/1.1\r\n${host}Proxy-Authorization: Basic ${credentials}\r\n\r\n`
}

/** The status of a CONNECT, or of a forwarded request; or `closed`. */
const byHttp = async (
  proxy: ProxyAddress,
  login: readonly [string, string],
  {
    from = null,
    forwarded = false,
  }: { readonly from?: string | null; readonly forwarded?: boolean } = {},
): Promise<{ readonly client: SocksClient; readonly said: string }> => {
  const client = await openFrom(proxy, from)
  const line = forwarded ? `GET ${origin.url}/x` : `CONNECT 127.0.0.1:${target.port}`
  client.write(requestOf(line, login))
  const head = await client.read(12).catch(() => Buffer.from('closed'))
  return { client, said: head.toString() }
}

const ALICE = ['alice', 'a'] as const
const BOB = ['bob', 'b'] as const
const WRONG = ['alice', 'x'] as const

for (const options of [
  { engine: 'stream', processes: 1 },
  { engine: 'splice', processes: 1 },
  { engine: 'splice', processes: 2 },
] as const) {
  const skip = options.engine === 'splice' && noLibc
  const title = `${options.engine}, processes: ${options.processes}`
  // Each process has its share, and the kernel chooses the process.
  const isOne = options.processes === 1

  await t.test(`${title}: users`, { skip }, async t => {
    const { eyeballd, again } = await begin(t, options, {
      maxConnectionsPerUser: 2 * options.processes,
    })
    const [local, other] = [eyeballd.address('local'), eyeballd.address('other')]
    const open: SocksClient[] = []
    const count = async (times: number): Promise<number> => {
      const all = await Promise.all(Array.from({ length: times }, () => bySocks(local, ALICE)))
      open.push(...all.map(({ client }) => client))
      return all.filter(({ said }) => said === 'reply 0').length
    }
    const admitted = await count(12)
    t.ok(admitted >= 2 && admitted <= 2 * options.processes, `${admitted} connections`)
    const limited = () => eyeballd.linesOf('rejected').filter(({ reason }) => reason === 'limit')
    await eyeballd.waitFor(() => limited().length >= 12 - admitted)
    t.equal(limited().length, 12 - admitted)
    t.match(limited()[0], {
      user: 'alice',
      msg: /all 2 connections of one user(?: in this process)? are in use/,
      reply: 1,
    })
    const bobs = await Promise.all(Array.from({ length: 3 }, () => bySocks(local, BOB)))
    const replies = bobs.map(({ said }) => said).toSorted()
    // All of them may reach one process.
    t.same(replies.slice(0, 2), ['reply 0', 'reply 0'], 'another user has a limit of his own')
    if (isOne) t.equal(replies[2], 'reply 1')
    for (const { client } of bobs) client.destroy()
    if (isOne) {
      t.equal((await byHttp(other, ALICE)).said, 'HTTP/1.1 503', 'CONNECT, on another listener')
      t.equal((await byHttp(other, ALICE, { forwarded: true })).said, 'HTTP/1.1 503')
      for (const client of open.splice(0)) client.destroy()
      const closed = () => eyeballd.linesOf('close').filter(({ user }) => user === 'alice')
      await eyeballd.waitFor(() => closed().length >= admitted)
      const kept = await byHttp(other, ALICE, { forwarded: true })
      t.equal(kept.said, 'HTTP/1.1 200')
      for (let n = 0; n < 3; n++) {
        kept.client.write(requestOf(`GET ${origin.url}/more`, ALICE))
        await kept.client.read(20)
      }
      open.push(kept.client)
      const second = await byHttp(local, ALICE)
      open.push(second.client)
      t.equal(second.said, 'HTTP/1.1 200', 'several requests of one connection count once')
      t.equal((await byHttp(local, ALICE)).said, 'HTTP/1.1 503')
      await again({ maxConnectionsPerUser: 3 })
      const third = await bySocks(local, ALICE)
      open.push(third.client)
      t.equal(third.said, 'reply 0', 'a reload has raised the limit')
      t.equal((await bySocks(local, ALICE)).said, 'reply 1')
    }
    await again({ maxConnectionsPerUser: 0 })
    t.equal(await count(8), 8)
    for (const client of open) client.destroy()
    await eyeballd.stop(t)
  })

  await t.test(`${title}: bans`, { skip }, async t => {
    const authFailures = { perMinute: 3, ban: '1h' }
    const { eyeballd, again } = await begin(t, options, { authFailures })
    const far = eyeballd.address('far')
    const established = await bySocks(far, ALICE, CLIENT)
    t.equal(established.said, 'reply 0')
    const kept = await byHttp(far, ALICE, { from: CLIENT, forwarded: true })
    t.equal(kept.said, 'HTTP/1.1 200')
    const begun = await openFrom(far, CLIENT)
    await begun.greet([2])
    const tried: string[] = []
    // As many as are needed to be banned in every process.
    for (let n = 0; n < (isOne ? 3 : 40); n++) {
      const { client, said } =
        n % 2 === 0 ? await bySocks(far, WRONG, CLIENT) : await byHttp(far, WRONG, { from: CLIENT })
      tried.push(said)
      client.destroy()
    }
    if (isOne) t.same(tried, ['login 1', 'HTTP/1.1 407', 'login 1'])
    const isRefused = async (from: string): Promise<boolean> =>
      (await bySocks(far, ALICE, from)).said === 'closed'
    t.ok(await isRefused(CLIENT), 'with the right password')
    t.equal((await byHttp(far, ALICE, { from: CLIENT })).said, 'closed')
    t.equal(await begun.login('alice', 'a'), 1, 'a handshake that had begun')
    established.client.write('still here')
    t.equal((await established.client.read(10)).toString(), 'still here')
    t.equal((await bySocks(far, ALICE, '203.0.113.6')).said, 'reply 0', 'another client')
    const free = await openFrom(eyeballd.address('free'), CLIENT)
    t.equal(await free.greet([0]), 0, 'a listener without a login')
    const isRefusal = ({ msg }: LogLine): boolean => msg.includes('is banned for another')
    kept.client.write(requestOf(`GET ${origin.url}/x`, ALICE))
    await kept.client.over
    const refusals = (): LogLine[] => eyeballd.lines.filter(isRefusal)
    // A connection that is refused when it is accepted has no protocol.
    const late = (): LogLine[] => refusals().filter(({ protocol }) => protocol !== null)
    await eyeballd.waitFor(() => late().length === 2)
    t.match(late(), [{ protocol: 'socks5' }, { protocol: 'http', reply: 503 }])
    t.ok(refusals().every(({ reason, level }) => reason === 'auth' && level === 20))
    const banned = eyeballd.linesOf('banned')
    t.match(banned[0], { level: 40, client: CLIENT, failures: 3, banMs: 3_600_000 })
    t.equal(banned.length, options.processes)

    await again({ authFailures, maxConnections: 500 })
    t.ok(await isRefused(CLIENT), 'after a reload')
    await again({ authFailures: { perMinute: 0 } })
    t.notOk(await isRefused(CLIENT), 'when nobody is banned any more')
    established.client.destroy()
    free.destroy()
    await eyeballd.stop(t)
  })

  await t.test(`${title}: an IPv6 network is one client`, { skip }, async t => {
    const authFailures = { perMinute: 2, ban: '1h' }
    const { eyeballd, again } = await begin(t, options, { authFailures })
    const far = eyeballd.address('far')
    for (let n = 0; n < (isOne ? 2 : 30); n++)
      (await bySocks(far, WRONG, `2001:db8:0:7::${n}`)).client.destroy()
    await eyeballd.waitFor(({ event }) => event === 'banned')
    t.equal((await bySocks(far, ALICE, '2001:db8:0:7:ffff::1')).said, 'closed')
    t.equal((await bySocks(far, ALICE, '2001:db8:0:8::1')).said, 'reply 0')
    t.match(eyeballd.linesOf('banned')[0], { client: '2001:db8:0:7::/64', banMs: 3_600_000 })
    // A ban in force gets the new duration, and is over then.
    await again({ authFailures: { perMinute: 2, ban: '1s' } })
    const end = performance.now() + 20_000
    const isOver = async (): Promise<boolean> =>
      (await bySocks(far, ALICE, '2001:db8:0:7::2')).said === 'reply 0'
    let served = await isOver()
    while (!served && performance.now() < end) {
      await delay(100)
      served = await isOver()
    }
    t.ok(served, 'when the ban is over')

    await again({ maxConnectionsPerClient: 1 })
    const all = await Promise.all(
      Array.from({ length: 9 }, (_, n) => bySocks(far, ALICE, `2001:db8:0:9::${n + 1}`)),
    )
    const admitted = all.filter(({ said }) => said === 'reply 0').length
    t.ok(admitted >= 1 && admitted <= options.processes, `${admitted} connections of one network`)
    for (const { client } of all) client.destroy()
    await eyeballd.stop(t)
  })
}

await t.test('programs on this host are never banned', async t => {
  const options = { engine: 'stream', processes: 1 } as const
  const { eyeballd } = await begin(t, options, { authFailures: { perMinute: 1 } })
  const local = eyeballd.address('local')
  for (let n = 0; n < 5; n++) t.equal((await bySocks(local, WRONG)).said, 'login 1')
  t.equal((await bySocks(local, ALICE)).said, 'reply 0')
  t.same(eyeballd.linesOf('banned'), [])
  await eyeballd.stop(t)
})
