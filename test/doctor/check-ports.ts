import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import { checkPorts } from '../../src/doctor/check-ports.ts'
import type { HostScript } from '../fixtures/doctor-host.ts'
import { createDoctorHost } from '../fixtures/doctor-host.ts'

const SOCKS = 'listeners: [{ protocol: socks, listen: 127.0.0.1:1080 }]'
const UNIX = 'listeners: [{ protocol: socks, listen: "unix:/run/x.sock" }]'
const FORWARD = 'listeners: [{ protocol: forward, listen: 127.0.0.1:80, target: a:1 }]'
const ADMIN = `${SOCKS}\nadmin: { listen: 127.0.0.1:9000 }`

const look = async (yaml: string, script: HostScript): Promise<readonly string[]> => {
  const found = await checkPorts(createDoctorHost(script), parseConfig(yaml, 'f'))
  return found.map(({ id, severity, message }) => `${id} ${severity}: ${message}`)
}

const taken = (answer: Uint8Array | string): HostScript => ({
  tryListen: async () => 'EADDRINUSE',
  exchange: async () => {
    if (typeof answer === 'string') throw Object.assign(new Error('x'), { code: answer })
    return answer
  },
})

const SOCKS5 = Uint8Array.of(5, 255)

t.test('free addresses', async t => {
  t.strictSame(await look(SOCKS, {}), ['port ok: 127.0.0.1:1080 is free for listener socks-1080'])
  t.strictSame(await look(UNIX, taken('ENOENT')), [
    'port ok: unix:/run/x.sock is free for listener socks-x.sock',
  ])
  t.match(await look(UNIX, taken('ECONNREFUSED')), [/^port ok/], 'a file that nobody answers on')
})

t.test('who is there already', async t => {
  t.match(await look(SOCKS, taken(SOCKS5)), [
    /^port note: 127\.0\.0\.1:1080 is served already: a SOCKS5 proxy/,
  ])
  t.match(await look(UNIX, taken(SOCKS5)), [/^port note: unix:\/run\/x\.sock is served already/])
  for (const answer of [Uint8Array.of(72, 84), 'ECONNRESET', 'ETIMEDOUT', 'ECONNREFUSED']) {
    t.match(await look(SOCKS, taken(answer)), [
      /^port problem: 127\.0\.0\.1:1080, meant for listener socks-1080, is taken by another program$/,
    ])
  }
  t.match(await look(FORWARD, taken(SOCKS5)), [/^port problem/], 'a forward greets nobody')
  const admin = await look(ADMIN, taken(new TextEncoder().encode('HTTP/1.1 200')))
  t.match(admin[1], /^port note: 127\.0\.0\.1:9000 is served already: an admin endpoint/)
  t.match((await look(ADMIN, taken(SOCKS5)))[1], /^port problem/)
})

t.test('addresses that cannot be opened', async t => {
  const code = (why: string): HostScript => ({ tryListen: async () => why })
  t.match(await look(SOCKS, code('EADDRNOTAVAIL')), [
    /^port problem: This host does not have the address/,
  ])
  t.match(
    await look('log: {}', code('EADDRNOTAVAIL')),
    [/^port note/, /^port note/],
    'of the defaults',
  )
  const [found] = await checkPorts(createDoctorHost(code('EACCES')), parseConfig(FORWARD, 'f'))
  t.match(found, {
    severity: 'problem',
    message: /cannot listen on 127\.0\.0\.1:80 \(EACCES\)/,
    advice: /1024/,
  })
})
