/** A service that moves while its old address is still in the cache: its first client must reach it. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import { within } from '../fixtures/children.ts'
import { createDnsServer } from '../fixtures/dns-server.ts'
import { askSocks } from '../fixtures/socks-client.ts'
import type { LogLine } from '../fixtures/start-eyeballd.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const OLD = '127.0.0.2'
const NEW = '127.0.0.1'
const DELAYS_MS = [0, 20, 300] as const

const dns = await createDnsServer()
t.teardown(() => dns.close())
const target = await tcpTarget(t, echo, NEW)

/** A name whose record has a TTL of 1 s; the second family, where there is one, is in the cache for long. */
const nameFor = (label: string, other: readonly string[] = []): string => {
  const name = `${label}.example.com`
  dns.set(`${name} A`, { addresses: [OLD], ttl: 1 })
  dns.set(`${name} AAAA`, { addresses: other })
  return name
}

const socksNames = DELAYS_MS.map(ms => nameFor(`socks${ms}`))
const forwardNames = DELAYS_MS.map(ms => nameFor(`forward${ms}`))
const besideV6 = nameFor('beside-v6', ['::1'])
const staying = nameFor('staying')
const failing = nameFor('failing')
const silent = nameFor('silent')
const short = nameFor('short.corp')
const all = [...socksNames, ...forwardNames, besideV6, staying, failing, silent, short]

const eyeballd = await startEyeballd(t, {
  config: {
    listeners: [
      { name: 'socks', protocol: 'socks', listen: '127.0.0.1:0' },
      ...forwardNames.map((name, i) => ({
        name: `forward-${DELAYS_MS[i]}`,
        protocol: 'forward',
        listen: '127.0.0.1:0',
        target: `${name}:${target.port}`,
      })),
    ],
    resolver: {
      servers: [dns.address],
      search: ['corp.example.com'],
      timeout: '1s',
      attempts: 1,
      cache: { staleWhileRevalidate: '5m', failureTtl: '1m' },
    },
    access: [{ action: 'allow', to: ['loopback'] }],
  },
})

const ask = async (name: string): Promise<number> => {
  const { client, reply } = await askSocks(eyeballd.address('socks'), name, target.port)
  client.destroy()
  return reply.code
}

/** The race line of the last connection to a name. */
const lineOf = async (name: string, count: number): Promise<LogLine> => {
  const isIt = ({ event, target: to }: LogLine): boolean =>
    event === 'race' && to === `${name}:${target.port}`
  await eyeballd.waitFor(() => eyeballd.lines.filter(isIt).length >= count)
  return eyeballd.lines.findLast(isIt) as LogLine
}

/** What a client of the forward gets back for its words; nothing where it is reset. */
const throughForward = async (which: string): Promise<string> => {
  const socket = connect(eyeballd.address(which))
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.end('hello')
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
  await within(10_000, 'the forward ends', once(socket, 'close'))
  return text
}

await t.test('the old addresses come into the cache, and expire', async st => {
  // Nobody listens there: the service has just left.
  st.same(
    await Promise.all(all.map(ask)),
    all.map(() => 5),
    'the old address refuses',
  )
  await sleep(1100)
})

/** Where all is well and a refresh has brought the new address. */
const expectMoved = (st: Test, line: LogLine, attempts: readonly string[]): void => {
  st.match(line, { outcome: 'won', winner: { address: NEW } })
  const tried = line['attempts'] as { address: string }[]
  st.same(
    tried.map(({ address }) => address),
    attempts,
  )
  const dnsLines = line['dns'] as { type: string; source: string }[]
  st.equal(dnsLines.find(({ type }) => type === 'A')?.source, 'stale')
}

for (const [i, delayMs] of DELAYS_MS.entries()) {
  t.test(`by SOCKS, DNS ${delayMs} ms away`, async st => {
    const name = socksNames[i] ?? ''
    dns.set(`${name} A`, { addresses: [NEW], ttl: 1, delayMs })
    st.equal(await ask(name), 0)
    expectMoved(st, await lineOf(name, 2), [OLD, NEW])
  })
  t.test(`by a forward, DNS ${delayMs} ms away`, async st => {
    const name = forwardNames[i] ?? ''
    dns.set(`${name} A`, { addresses: [NEW], ttl: 1, delayMs })
    st.equal(await throughForward(`forward-${delayMs}`), 'hello')
    expectMoved(st, await lineOf(name, 2), [OLD, NEW])
  })
}

t.test('beside a fresh IPv6 address that refuses', async st => {
  dns.set(`${besideV6} A`, { addresses: [NEW], ttl: 1, delayMs: 300 })
  st.equal(await ask(besideV6), 0)
  expectMoved(st, await lineOf(besideV6, 2), ['::1', OLD, NEW])
})

t.test('of a name that a search domain has completed', async st => {
  dns.set(`${short} A`, { addresses: [NEW], ttl: 1, delayMs: 50 })
  st.equal(await ask('short'), 0)
  expectMoved(st, await lineOf('short', 1), [OLD, NEW])
})

t.test('where nothing has moved, the race ends with its refresh', async st => {
  dns.set(`${staying} A`, { addresses: [OLD], ttl: 1, delayMs: 200 })
  st.equal(await ask(staying), 5)
  const { durationMs } = await lineOf(staying, 2)
  st.ok(Number(durationMs) >= 195, `it waited for the refresh: ${String(durationMs)} ms`)
})

t.test('where the refresh fails, the race ends with it, and the next one at once', async st => {
  dns.set(`${failing} A`, { rcode: 'SERVFAIL', delayMs: 100 })
  dns.set(`${silent} A`, { silent: true })
  for (const name of [failing, silent]) {
    st.equal(await ask(name), 5, name)
    st.match(await lineOf(name, 2), { outcome: 'failed', error: { code: 'ECONNREFUSED' } })
    const asked = dns.count(name, 'A')
    st.equal(await ask(name), 5, 'nothing is on the way for the next one')
    st.equal(dns.count(name, 'A'), asked)
  }
})

t.test('the daemon ends in order', async st => {
  await eyeballd.stop(st)
})
