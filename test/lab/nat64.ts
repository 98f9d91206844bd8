/**
 * A host with IPv6 alone behind a NAT64: a network namespace whose only IPv4 is loopback, and one
 * where the addresses that the NAT64 would translate are local, so that no translator is needed. Left
 * out without root and without curl.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Test } from 'tap'
import { endChild, own, within } from '../fixtures/children.ts'
import { COMPILED } from '../fixtures/compiled.ts'
import type { DnsScript } from '../fixtures/dns-server.ts'
import { LAB, makeLab, removeLeftovers, run, whyNoNamespaces } from '../fixtures/namespaces.ts'
import { findProgram, runProgram, unlessMissing } from '../fixtures/programs.ts'
import type { Eyeballd } from '../fixtures/start-eyeballd.ts'
import { runEyeballd, startEyeballd } from '../fixtures/start-eyeballd.ts'

t.setTimeout(120_000)

const PORT = 8080
const PREFIX = '2001:db8:64::/96'
const at = (inner: string): string => `2001:db8:64::${inner}`
/** An address of the laboratory's targets, and what the prefix makes of it. */
const [INNER, OUTER] = ['198.18.0.7', at('c612:7')]

const SCRIPT: DnsScript = {
  'ipv4only.arpa AAAA': { addresses: [at('c000:aa'), at('c000:ab')] },
  'ipv4only.arpa A': { addresses: ['192.0.0.170', '192.0.0.171'] },
  'old.example.com A': { addresses: [INNER] },
  'denied.example.com A': { addresses: ['198.18.99.66'] },
  'dns64.example.com A': { addresses: [INNER] },
  'dns64.example.com AAAA': { addresses: [OUTER] },
}

const main = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/${name}.ts`, import.meta.url))

/** Starts a program of the fixtures in a namespace; it is ended with the test. */
const start = async (
  t: Test,
  namespace: string,
  name: string,
  ...args: readonly string[]
): Promise<string[]> => {
  const command = ['netns', 'exec', namespace, process.execPath, COMPILED, main(name)]
  const child = own(spawn('ip', [...command, ...args], { stdio: ['pipe', 'pipe', 'inherit'] }))
  t.teardown(() => endChild(child))
  const lines: string[] = []
  const reader = createInterface(child.stdout)
  const ready = once(reader, 'line')
  reader.on('line', line => lines.push(line))
  await within(10_000, `${name} listens`, ready)
  return lines
}

const reason = whyNoNamespaces() ?? (unlessMissing('curl') || undefined)
if (reason === undefined) removeLeftovers()
else t.comment(`left out: ${reason}`)

t.test('a host with IPv6 alone behind a NAT64', { skip: reason ?? false }, async t => {
  const { host, net } = makeLab(t)
  run(`ip -n ${host} address del ${LAB.host4}/24 dev cable0`)
  run(`ip -n ${net} -6 route add local ${PREFIX} dev lo`)
  const questions = await start(t, net, 'dns-server-main', JSON.stringify(SCRIPT), LAB.net6)
  await start(t, net, 'lab-web-main', String(PORT))
  const inHost = ['ip', 'netns', 'exec', host]
  const server = `[${LAB.net6}]:53`

  const eyeballd = await startEyeballd(t, {
    wrap: inHost,
    config: {
      listeners: [{ protocol: 'socks', listen: '127.0.0.1:0' }],
      resolver: { servers: [server], search: [] },
      access: [{ action: 'deny', to: ['198.18.99.0/24'] }],
    },
  })

  /** What curl gets through a proxy, the host's name or address as it is. */
  const curl = async (t: Test, { address }: Eyeballd, target: string) => {
    const proxy = `socks5h://127.0.0.1:${address().port}`
    const args = [
      '--silent',
      '--max-time',
      '10',
      '--noproxy',
      '',
      '--proxy',
      proxy,
      `http://${target}:${PORT}/`,
    ]
    const [program = '', ...rest] = inHost
    return runProgram(t, program, [...rest, findProgram('curl') ?? 'curl', ...args])
  }
  const raceTo = (target: string) =>
    eyeballd.waitFor(({ event, target: to }) => event === 'race' && to === `${target}:${PORT}`)

  await t.test('an IPv4 address is reached', async t => {
    t.match(await curl(t, eyeballd, INNER), { code: 0, stdout: OUTER })
    t.match(await raceTo(INNER), {
      outcome: 'won',
      winner: { address: OUTER, family: 6 },
      dns: [{ type: 'A', records: 1, source: 'nat64' }],
    })
  })

  await t.test('and so is a name with an IPv4 address alone', async t => {
    t.match(await curl(t, eyeballd, 'old.example.com'), { code: 0, stdout: OUTER })
    t.match(await raceTo('old.example.com'), {
      outcome: 'won',
      winner: { address: OUTER, family: 6 },
      dns: [
        { type: 'AAAA', code: 'ENODATA' },
        { type: 'A', records: 1, source: 'nat64' },
      ],
    })
  })

  await t.test('what a DNS64 made is the same address, and one attempt', async t => {
    t.match(await curl(t, eyeballd, 'dns64.example.com'), { code: 0, stdout: OUTER })
    const { attempts } = await raceTo('dns64.example.com')
    t.match(attempts, [{ address: OUTER, outcome: 'connected' }])
    t.equal((attempts as unknown[]).length, 1)
  })

  await t.test('a rule about IPv4 addresses holds, however the address is written', async t => {
    for (const target of ['denied.example.com', '198.18.99.66', `[${at('c612:6342')}]`]) {
      const { code, stdout } = await curl(t, eyeballd, target)
      t.match({ code, stdout }, { code: 97, stdout: '' }, `${target}: refused by the proxy`)
    }
  })

  await t.test('loopback is this host still', async t => {
    const { code } = await curl(t, eyeballd, '127.0.0.1')
    t.equal(code, 97)
    t.match(await raceTo('127.0.0.1'), {
      dns: [{ source: 'literal' }],
      error: { code: 'ECONNREFUSED' },
    })
  })

  await t.test('eyeballd resolve says so', async t => {
    const asked = { command: 'resolve', wrap: inHost, args: ['--dns', server, 'old.example.com'] }
    const { code, stdout } = await runEyeballd(t, asked)
    t.equal(code, 0)
    t.match(stdout, /A {5}1 record, TTL 300 s, from nat64/)
    t.match(stdout, `${OUTER}  for ${INNER}, from ${LAB.host6}`)
  })

  await t.test('switched off, IPv4 is out of reach', async t => {
    const off = await startEyeballd(t, {
      wrap: inHost,
      config: {
        listeners: [{ protocol: 'socks', listen: '127.0.0.1:0' }],
        resolver: { servers: [server], search: [], nat64: 'off' },
      },
    })
    for (const target of [INNER, 'old.example.com']) {
      t.match(await curl(t, off, target), { code: 97, stdout: '' }, target)
    }
    await off.stop(t)
  })

  const asked = () => questions.filter(line => line.includes('ipv4only.arpa')).length
  t.equal(asked(), 2, 'the prefix was asked for once by the daemon, and once by the command')

  await t.test('with IPv4 come back, nothing is translated, without a restart', async t => {
    run(`ip -n ${host} address add ${LAB.host4}/24 dev cable0`)
    run(`ip -n ${host} route add default via ${LAB.net4}`)
    // The daemon looks at its interfaces once a second at most.
    await sleep(1500)
    for (const target of [INNER, 'old.example.com']) {
      t.match(await curl(t, eyeballd, target), { code: 0, stdout: INNER }, target)
    }
    const sources = eyeballd.linesOf('race').slice(-2)
    t.notMatch(JSON.stringify(sources), 'nat64')
    t.equal(asked(), 2)
  })

  await eyeballd.stop(t)
})
