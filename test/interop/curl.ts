/** curl through the proxy, in all the ways that it has. */
import { createHash } from 'node:crypto'
import t from 'tap'
import { httpOrigin, patternOf } from '../fixtures/http-origin.ts'
import { runProgram, unlessMissing } from '../fixtures/programs.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'

const LARGE = 20 * 1024 * 1024

t.setTimeout(120_000)

t.test('curl', { skip: unlessMissing('curl') }, async t => {
  const origin = await httpOrigin(t)
  const eyeballd = await startEyeballd(t, {
    config: {
      listeners: [
        { name: 'plain', protocol: 'socks', listen: '127.0.0.1:0' },
        {
          name: 'users',
          protocol: 'socks',
          listen: '127.0.0.1:0',
          auth: { users: { alice: 'open sesame' } },
        },
      ],
      limits: { authFailureDelay: '10ms' },
      resolver: { search: [], hosts: { 'www.example.com': ['::1', '127.0.0.1'] } },
    },
  })
  const proxyOf = (listener: string): string => `127.0.0.1:${eyeballd.address(listener).port}`
  const curl = (...args: readonly string[]) =>
    runProgram(t, 'curl', ['-sS', '--noproxy', '', '--max-time', '10', ...args])

  await t.test('--socks5: curl looks the name up', async t => {
    const { code, stdout, stderr } = await curl(
      '--socks5',
      proxyOf('plain'),
      '--resolve',
      `www.example.com:${origin.port}:127.0.0.1`,
      `http://www.example.com:${origin.port}/a`,
    )
    t.equal(code, 0, stderr)
    t.equal(stdout, 'hello from /a\n')
    await eyeballd.waitFor(({ target }) => target === `127.0.0.1:${origin.port}`)
  })

  await t.test('--socks5-hostname: the proxy does, and races', async t => {
    const url = `http://www.example.com:${origin.port}/b`
    const { code, stdout, stderr } = await curl('--socks5-hostname', proxyOf('plain'), url)
    t.equal(code, 0, stderr)
    t.equal(stdout, 'hello from /b\n')
    const line = await eyeballd.waitFor(
      ({ event, target }) => event === 'race' && target === `www.example.com:${origin.port}`,
    )
    t.match(line, { outcome: 'won', winner: { address: '127.0.0.1', attempt: 2 } })
  })

  await t.test('-x socks5h: one race line and one close line', async t => {
    const path = `http://127.0.0.1:${origin.port}/c`
    const races = eyeballd.linesOf('race').length
    const { code, stdout } = await curl('-x', `socks5h://${proxyOf('plain')}`, path)
    t.equal(code, 0)
    t.equal(stdout, 'hello from /c\n')
    const { conn } = await eyeballd.waitFor(line => line === eyeballd.linesOf('race')[races])
    await eyeballd.waitFor(line => line.event === 'close' && line['conn'] === conn)
    t.same(
      eyeballd.lines.filter(line => line['conn'] === conn).map(({ event }) => event),
      ['race', 'close'],
    )
  })

  await t.test('with a user', async t => {
    const url = `http://www.example.com:${origin.port}/d`
    const proxy = ['--socks5-hostname', proxyOf('users')]
    const good = await curl(...proxy, '--proxy-user', 'alice:open sesame', url)
    t.equal(good.code, 0, good.stderr)
    t.equal(good.stdout, 'hello from /d\n')
    const bad = await curl(...proxy, '--proxy-user', 'alice:wrong', url)
    t.equal(bad.code, 97, 'CURLE_PROXY')
    const none = await curl(...proxy, url)
    t.equal(none.code, 97)
    t.equal(origin.requests.filter(path => path === '/d').length, 1)
  })

  const origin6 = await httpOrigin(t, '::1').catch(() => undefined)

  await t.test('an IPv6 literal', { skip: !origin6 && 'no IPv6 loopback here' }, async t => {
    const { code, stdout, stderr } = await curl(
      '--socks5-hostname',
      proxyOf('plain'),
      `${origin6?.url}/e`,
    )
    t.equal(code, 0, stderr)
    t.equal(stdout, 'hello from /e\n')
  })

  await t.test('three requests keep one connection', async t => {
    const before = origin.connections()
    const urls = ['/1', '/2', '/3'].map(path => `http://www.example.com:${origin.port}${path}`)
    const { code, stdout } = await curl('--socks5-hostname', proxyOf('plain'), ...urls)
    t.equal(code, 0)
    t.equal(stdout, 'hello from /1\nhello from /2\nhello from /3\n')
    t.equal(origin.connections() - before, 1)
  })

  await t.test('20 MiB down, 2 MiB up and back', async t => {
    const url = `http://www.example.com:${origin.port}`
    const down = await curl('--socks5-hostname', proxyOf('plain'), `${url}/bytes/${LARGE}`)
    t.equal(down.code, 0, down.stderr)
    t.equal(
      createHash('sha256').update(down.stdout, 'latin1').digest('hex'),
      createHash('sha256').update(patternOf(LARGE)).digest('hex'),
    )
    const body = 'eyeballs '.repeat(2 ** 18)
    const proxy = ['--socks5-hostname', proxyOf('plain')]
    const up = await runProgram(
      t,
      'curl',
      ['-sS', '--max-time', '10', ...proxy, '--data-binary', '@-', `${url}/echo`],
      { input: body },
    )
    t.equal(up.code, 0, up.stderr)
    t.ok(up.stdout === body, 'it came back as it was sent')
  })

  await t.test('what cannot be reached: curl names the reply', async t => {
    const proxy = ['--socks5-hostname', proxyOf('plain')]
    const refused = await curl(...proxy, 'http://127.0.0.1:9/')
    t.equal(refused.code, 97)
    t.match(refused.stderr, /\(5\)|refused/i)
  })
  await eyeballd.stop(t)
})
