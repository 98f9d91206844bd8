import t from 'tap'
import { healthcheck } from '../../src/cli/healthcheck.ts'
import type { Exchange } from '../../src/cli/types.ts'
import { formatListenAddress } from '../../src/core/listen-address.ts'
import { createFakeIo } from '../fixtures/cli-io.ts'

/** Answers by address; undefined refuses. */
const answering = (answers: Readonly<Record<string, readonly number[]>>) => {
  const asked: unknown[] = []
  const exchange: Exchange = async (address, bytes, count, timeoutMs) => {
    const text = formatListenAddress(address)
    asked.push([text, [...bytes], count, timeoutMs])
    const answer = answers[text]
    if (!answer) throw new Error('connect ECONNREFUSED')
    return Uint8Array.from(answer)
  }
  return { asked, exchange }
}

t.test('any SOCKS5 answer is healthy', async t => {
  for (const answer of [
    [5, 0],
    [5, 255],
  ]) {
    const { asked, exchange } = answering({ '127.0.0.1:1080': answer })
    const io = createFakeIo({ exchange })
    t.equal(await healthcheck({}, io), 0)
    t.strictSame(asked, [['127.0.0.1:1080', [5, 2, 0, 2], 2, 2000]])
    t.equal(io.out(), '127.0.0.1:1080 is healthy\n')
  }
})

t.test('no answer and other answers are unhealthy', async t => {
  const io = createFakeIo({ exchange: answering({ '127.0.0.1:1': [72, 84] }).exchange })
  t.equal(await healthcheck({}, io), 1)
  t.equal(io.err(), 'eyeballd: 127.0.0.1:1080 is not healthy: connect ECONNREFUSED\n')
  t.equal(await healthcheck({ proxy: '127.0.0.1:1' }, io), 1)
  t.match(io.err(), 'does not speak SOCKS5')
})

t.test('why it cannot be reached, for people', async t => {
  for (const [code, why] of [
    ['ECONNREFUSED', 'nothing listens there (ECONNREFUSED)'],
    ['ENOENT', 'nothing listens there (ENOENT)'],
    ['EACCES', 'this user may not connect to it (EACCES)'],
  ] as const) {
    const exchange: Exchange = async () => {
      throw Object.assign(new Error(`connect ${code} /run/a`), { code })
    }
    const io = createFakeIo({ exchange })
    t.equal(await healthcheck({ admin: 'unix:/run/a' }, io), 1)
    t.equal(io.err(), `eyeballd: unix:/run/a is not healthy: ${why}\n`)
  }
})

t.test('one healthy address of localhost is enough', async t => {
  const { exchange } = answering({ '[::1]:1': [5, 0] })
  const io = createFakeIo({ exchange, env: { EYEBALLD_PROXY: 'localhost:1' } })
  t.equal(await healthcheck({}, io), 0)
  t.equal(io.out(), '[::1]:1 is healthy\n')
  const socket = createFakeIo({ exchange: answering({ 'unix:/a': [5, 0] }).exchange })
  t.equal(await healthcheck({ proxy: 'unix:/a' }, socket), 0)
})

t.test('healthcheck rejects an invalid address', async t => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['x', /^--proxy: "x" is not the address of a daemon; expected host:port/],
    [
      'foo.bar:80',
      /^--proxy: "foo\.bar:80" is not the address of a daemon; expected an IP address, localhost or \* before the port, found "foo\.bar"$/,
    ],
    ['127.0.0.1:0', /^--proxy: found port 0; allowed: 1 to 65535/],
    ['', /^--proxy: found ""/],
  ]
  for (const [proxy, message] of cases) {
    await t.rejects(healthcheck({ proxy }, createFakeIo()), { code: 'ERR_CONFIG', message })
  }
  const io = createFakeIo({ env: { EYEBALLD_PROXY: 'x' } })
  await t.rejects(healthcheck({}, io), { code: 'ERR_CONFIG', message: /^EYEBALLD_PROXY: "x"/ })
  const admin = createFakeIo({ env: { EYEBALLD_ADMIN: 'x' } })
  await t.rejects(healthcheck({}, admin), { message: /^EYEBALLD_ADMIN: "x"/ })
  await t.rejects(healthcheck({ proxy: 'a:1', admin: 'b:1' }, createFakeIo()), {
    code: 'ERR_CONFIG',
    message: /^--proxy: found --admin beside it/,
  })
})

const HTTP = (code: number): readonly number[] => [...Buffer.from(`HTTP/1.1 ${code}`)]

t.test('healthcheck asks the admin endpoint by HTTP', async t => {
  const { asked, exchange } = answering({
    '127.0.0.1:9': HTTP(200),
    'unix:/run/a': HTTP(200),
    '127.0.0.1:8': HTTP(503),
    '127.0.0.1:7': [...Buffer.from('SSH-2.0-Open')],
  })
  const io = createFakeIo({ exchange })
  t.equal(await healthcheck({ admin: '127.0.0.1:9' }, io), 0)
  t.equal(io.out(), '127.0.0.1:9 is healthy\n')
  const request = 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:9\r\nConnection: close\r\n\r\n'
  t.strictSame(asked, [['127.0.0.1:9', [...Buffer.from(request)], 12, 2000]])
  t.equal(await healthcheck({ admin: 'unix:/run/a' }, io), 0)
  t.equal(await healthcheck({ admin: '0.0.0.0:9' }, io), 0, 'a wildcard has an address')
  for (const [admin, why] of [
    ['127.0.0.1:8', '/healthz answers 503'],
    ['127.0.0.1:7', 'it does not speak HTTP'],
    ['[::]:9', 'connect ECONNREFUSED'],
  ] as const) {
    const ill = createFakeIo({ exchange })
    t.equal(await healthcheck({ admin }, ill), 1)
    t.match(ill.err(), `is not healthy: ${why}`)
  }
})

t.test("healthcheck chooses the endpoint, the file's endpoint or the proxy", async t => {
  const files: Readonly<Record<string, string>> = {
    on: "admin: { listen: '127.0.0.1:3' }\nlisteners: nonsense",
    off: 'admin: { listen: off }',
    none: 'listeners: []',
    empty: '',
  }
  const readFile = (path: string) => Buffer.from(files[path] ?? '')
  const asks = async (
    args: Parameters<typeof healthcheck>[0],
    env: Readonly<Record<string, string>> = {},
  ): Promise<string> => {
    let first = ''
    const exchange: Exchange = async (address, bytes) => {
      first ||= `${formatListenAddress(address)} ${bytes[0] === 5 ? 'SOCKS' : 'HTTP'}`
      throw new Error('no')
    }
    await healthcheck(args, createFakeIo({ env, readFile, exchange }))
    return first
  }
  const admin = { EYEBALLD_ADMIN: '127.0.0.1:2', EYEBALLD_PROXY: '127.0.0.1:4' }
  t.equal(await asks({}), '127.0.0.1:1080 SOCKS')
  t.equal(await asks({}, { EYEBALLD_PROXY: '127.0.0.1:4' }), '127.0.0.1:4 SOCKS')
  t.equal(await asks({}, admin), '127.0.0.1:2 HTTP')
  t.equal(await asks({ admin: '127.0.0.1:1' }, admin), '127.0.0.1:1 HTTP')
  t.equal(await asks({ proxy: '127.0.0.1:5' }, admin), '127.0.0.1:5 SOCKS')
  t.equal(await asks({ config: 'on' }, admin), '127.0.0.1:2 HTTP', 'as the daemon decides')
  t.equal(await asks({ config: 'on' }), '127.0.0.1:3 HTTP')
  t.equal(await asks({ config: 'on' }, { EYEBALLD_ADMIN: 'off' }), '127.0.0.1:1080 SOCKS')
  t.equal(await asks({ config: 'on' }, { EYEBALLD_ADMIN: ' ' }), '127.0.0.1:3 HTTP')
  t.equal(await asks({}, { EYEBALLD_CONFIG: 'on' }), '127.0.0.1:3 HTTP')
  for (const config of ['off', 'none', 'empty'])
    t.equal(await asks({ config }), '127.0.0.1:1080 SOCKS', config)
})

t.test('healthcheck rejects a file that cannot be read', async t => {
  await t.rejects(healthcheck({ config: 'f' }, createFakeIo()), { code: 'ERR_CONFIG' })
  const readFile = () => Buffer.from('admin: [')
  await t.rejects(healthcheck({ config: 'f' }, createFakeIo({ readFile })), {
    code: 'ERR_CONFIG',
    message: /^f:1:/,
  })
})
