import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import { checkPorts } from '../../src/doctor/check-ports.ts'
import type { SocketPathState } from '../../src/net/host/socket-path.ts'
import type { HostScript } from '../fixtures/doctor-host.ts'
import { createDoctorHost } from '../fixtures/doctor-host.ts'
import { statusOf } from '../fixtures/fake-endpoint.ts'

const SOCKS = 'listeners: [{ protocol: socks, listen: 127.0.0.1:1080 }]'
const UNIX = 'listeners: [{ protocol: socks, listen: "unix:/run/x.sock" }]'
const FORWARD = 'listeners: [{ protocol: forward, listen: 127.0.0.1:80, target: a:1 }]'
const ADMIN = `${SOCKS}\nadmin: { listen: 127.0.0.1:9000 }`

const look = async (
  yaml: string,
  script: HostScript,
  addresses?: readonly string[],
): Promise<readonly string[]> => {
  const listeners = [
    { name: 'x', protocol: 'socks', addresses: addresses ?? [], accepted: 0, active: 0 },
  ]
  const daemon =
    addresses === undefined
      ? null
      : ({
          ok: true,
          where: 'x',
          status: statusOf({ listeners }),
          history: { demoted: [] },
        } as const)
  const found = await checkPorts(createDoctorHost(script), parseConfig(yaml, 'f'), daemon)
  return found.map(({ id, severity, message }) => `${id} ${severity}: ${message}`)
}

const taken = (answer: Uint8Array | string): HostScript => ({
  tryListen: async () => 'EADDRINUSE',
  socketPath: () => 'socket',
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
  const admin = await look(ADMIN, taken(new TextEncoder().encode('HTTP/1.1 200')))
  t.match(admin[1], /^port note: 127\.0\.0\.1:9000 is served already: an admin endpoint/)
  t.match((await look(ADMIN, taken(SOCKS5)))[1], /^port problem/)
})

t.test('a forward, and a listener behind a balancer, cannot be asked who they are', async t => {
  const unasked: HostScript = {
    ...taken(SOCKS5),
    exchange: async () => {
      t.fail('nothing is sent to a target')
      return SOCKS5
    },
  }
  t.match(await look(FORWARD, unasked), [
    /^port warning: 127\.0\.0\.1:80, meant for listener forward-80, is taken, by this daemon or by/,
  ])
  const behind =
    'listeners: [{ protocol: socks, listen: 127.0.0.1:1080, proxyProtocol: { from: 10.0.0.1 } }]'
  t.match(await look(behind, unasked), [/^port warning: .* is taken, by this daemon or/])
  const both = FORWARD.replace('[', '[{ protocol: socks, listen: 127.0.0.1:1080 }, ')
  t.match(
    await look(both, taken(SOCKS5)),
    [
      /^port note/,
      /^port note: .*, is taken, most likely by the daemon that answers at 127\.0\.0\.1:1080$/,
    ],
    'beside a listener that answers',
  )
})

t.test('a running daemon says which addresses it has', async t => {
  const all = ['127.0.0.1:80', '127.0.0.1:1080', 'unix:/run/x.sock']
  t.strictSame(await look(FORWARD, taken(SOCKS5), all), [
    'port ok: 127.0.0.1:80 is served by the running daemon, for listener forward-80',
  ])
  t.match(await look(SOCKS, taken(SOCKS5), all), [/^port ok: 127\.0\.0\.1:1080 is served by/])
  t.match(await look(SOCKS, taken(SOCKS5), ['0.0.0.0:1080']), [/^port ok/], 'by a wildcard')
  t.match(await look(UNIX, taken(SOCKS5), all), [/^port ok: unix:\/run\/x\.sock is served by/])
  const health = taken(new TextEncoder().encode('HTTP/1.1 200'))
  t.match((await look(ADMIN, health, all))[1], /^port ok: 127\.0\.0\.1:9000 is served by/)
  t.match(await look(FORWARD, taken(SOCKS5), []), [
    /^port problem: .* is taken by another program$/,
  ])
  t.match(await look(SOCKS, taken(SOCKS5), []), [
    /^port problem: .* is taken by another program, as which a SOCKS5 proxy answers$/,
  ])
})

t.test('paths of UNIX sockets', async t => {
  const at = (state: SocketPathState) => look(UNIX, { socketPath: () => state })
  t.match(await at('free'), [/^port ok: unix:\/run\/x\.sock is free/])
  t.match(await at('no-folder'), [/^port warning: .* has a folder that does not exist$/])
  t.match(await at('no-right'), [/^port warning: .* cannot be created by this user$/])
  t.match(await at('other-file'), [/^port problem: .* is a file, and no socket$/])
  t.match(await look(UNIX, taken('EACCES')), [
    /^port warning: .* is a socket to which this user may not connect$/,
  ])
  t.match(
    await look(UNIX, taken('EACCES'), ['unix:/run/x.sock']),
    [/^port ok: unix:\/run\/x\.sock is served by the running daemon/],
    'what the daemon says is enough',
  )
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
  const [found] = await checkPorts(
    createDoctorHost(code('EACCES')),
    parseConfig(FORWARD, 'f'),
    null,
  )
  t.match(found, {
    severity: 'problem',
    message: /cannot listen on 127\.0\.0\.1:80 \(EACCES\)/,
    advice: /1024/,
  })
})
