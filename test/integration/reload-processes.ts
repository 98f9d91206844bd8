/**
 * A reload that one of several processes cannot take: the others had prepared it, and go back to what was
 * in force, which they never gave up: what they know of names is still known.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { loadLibc } from '../../src/libc/load-libc.ts'
import { createDnsServer } from '../fixtures/dns-server.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { run } from '../fixtures/namespaces.ts'
import { unlessMissing } from '../fixtures/programs.ts'
import { hangUp, reload } from '../fixtures/reload.ts'
import { askSocks } from '../fixtures/socks-client.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { echo, freePort, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const noLibc = loadLibc().ok
  ? false
  : 'where Node listens, a process without descriptors cannot answer at all'
const missing =
  process.platform === 'linux'
    ? noLibc || unlessMissing('prlimit')
    : 'one process is left without descriptors, which is done by prlimit'
if (missing !== false) {
  t.plan(0, missing)
  process.exit(0)
}

const target = await tcpTarget(t, echo)
const denied = await tcpTarget(t, echo)
const dns = await createDnsServer({ 'cached.example': { addresses: ['127.0.0.1'], ttl: 3600 } })
t.teardown(() => dns.close())

await t.test('one process of two has no descriptor left', async t => {
  const [port, next] = [await freePort(), await freePort()]
  const socks = (listen: number, host = '127.0.0.1') => ({
    name: `s${listen}`,
    protocol: 'socks',
    listen: `${host}:${listen}`,
    clients: ['127.0.0.0/8'],
  })
  const rest = { pipe: { engine: 'splice' }, processes: 2 }
  const config = {
    ...rest,
    listeners: [socks(port)],
    resolver: { servers: [dns.address], search: [], ipv6: false },
    access: [
      { action: 'deny', ports: [denied.port] },
      { action: 'allow', to: ['loopback'] },
    ],
  }
  const eyeballd = await startEyeballd(t, { config })
  const codeOf = async (host: string, to: number, at = port): Promise<number> => {
    const { client, reply } = await askSocks({ host: '127.0.0.1', port: at }, host, to)
    client.destroy()
    return reply.code
  }
  const pids = (): number[] => [
    ...new Set(eyeballd.linesOf('race').map(({ process: pid }) => Number(pid))),
  ]
  const ask = () => codeOf('cached.example', target.port)
  for (let i = 0; i < 50 && pids().length < 2; i++)
    await Promise.all(Array.from({ length: 20 }, ask))
  t.equal(pids().length, 2, 'both processes know the name')

  const [poor = 0] = pids()
  const limits = readFileSync(`/proc/${poor}/limits`, 'latin1')
  const soft = Number(/Max open files +(\d+)/.exec(limits)?.[1])
  /** One of the two can open no further descriptor: its limit is the lowest that is free. */
  const takeDescriptors = async (): Promise<void> => {
    await eventually(() => eyeballd.linesOf('close').length === eyeballd.linesOf('race').length)
    // What has just ended gives its descriptors back a little later.
    let used = new Set<number>()
    await eventually(() => {
      const before = used
      used = new Set(readdirSync(`/proc/${poor}/fd`).map(Number))
      return isDeepStrictEqual(before, used)
    })
    let free = 0
    while (used.has(free)) free++
    run(`prlimit --pid ${poor} --nofile=${free}:${soft}`)
  }
  for (const bad of [
    { ...rest, listeners: [socks(port), socks(next)] },
    // One of them opens the new address, and waits for the other to close what is in its way.
    { ...rest, listeners: [socks(port, '0.0.0.0'), socks(next)] },
  ]) {
    await takeDescriptors()
    const line = await reload(eyeballd, bad)
    run(`prlimit --pid ${poor} --nofile=${soft}:${soft}`)
    t.match(line, { level: 50, error: /EMFILE|open files/ }, JSON.stringify(bad.listeners))
    const asked = dns.queries.length
    for (let i = 0; i < 3; i++) {
      const codes = await Promise.all(Array.from({ length: 20 }, ask))
      t.same(new Set(codes), new Set([0]), 'the name is known')
    }
    t.same(dns.queries.slice(asked), [], 'to each of them')
    t.equal(await codeOf('127.0.0.1', denied.port), 2, 'the rules are as before')
    await t.rejects(codeOf('127.0.0.1', target.port, next), /ECONNREFUSED/, 'nothing else is open')
  }
  t.same(eyeballd.linesOf('listener-lost'), [])
  t.same(eyeballd.linesOf('process-lost'), [])

  writeFileSync(eyeballd.configFile ?? '', JSON.stringify({ ...config, listeners: [socks(next)] }))
  t.match(await hangUp(eyeballd), { level: 30 })
  t.equal(await codeOf('cached.example', target.port, next), 0)
  await eyeballd.stop(t)
})
