/** curl through the default port: every proxy protocol that it speaks, and the variables that it reads. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createBlackHole } from '../fixtures/create-black-hole.ts'
import { httpOrigin, patternOf } from '../fixtures/http-origin.ts'
import { httpsOrigin } from '../fixtures/https-origin.ts'
import { clientEnvironment, LOGIN, NAME, startMixedProxy } from '../fixtures/mixed-proxy.ts'
import { runProgram, unlessMissing } from '../fixtures/programs.ts'
import { temporaryDirectory } from '../fixtures/start-eyeballd.ts'

t.setTimeout(120_000)

const origin = await httpOrigin(t)
const secure = await httpsOrigin(t)
const proxy = await startMixedProxy(t)
const url = `http://${NAME}:${origin.port}/a`
const httpsUrl = `https://${NAME}:${secure.port}/a`
/** Nobody listens at its port; its name does not exist. */
const [dead, nowhere] = [`${NAME}:9`, 'nowhere.example.com:80']
const login = `${LOGIN.user}:${LOGIN.password}`

const LARGE = 3 * 1024 * 1024

const HELLO = 'hello from /a\n'
const SECURE_HELLO = 'hello /a\n'

const curl = (args: readonly string[], variables: Readonly<Record<string, string>> = {}) =>
  runProgram(t, 'curl', ['-sS', '--max-time', '10', '--cacert', secure.certFile, ...args], {
    env: clientEnvironment(variables),
  })

t.test('curl', { skip: unlessMissing('curl') }, async t => {
  for (const [scheme, protocol] of [
    ['socks4a', 'socks4'],
    ['socks5h', 'socks5'],
    ['http', 'http'],
  ] as const) {
    await t.test(`-x ${scheme}, https: the proxy looks the name up`, async t => {
      const { stdout, stderr } = await curl(['-x', `${scheme}://${proxy.plain}`, httpsUrl])
      t.equal(stdout, SECURE_HELLO, stderr)
      await proxy.raced(t, protocol, secure.port)
    })

    await t.test(`-x ${scheme}, http: the proxy looks the name up`, async t => {
      const { stdout, stderr } = await curl(['-x', `${scheme}://${proxy.plain}`, url])
      t.equal(stdout, HELLO, stderr)
      await proxy.raced(t, protocol, origin.port)
    })
  }

  for (const scheme of ['socks4', 'socks5']) {
    await t.test(`-x ${scheme}: curl looks the name up`, async t => {
      const resolve = ['--resolve', `${NAME}:${origin.port}:127.0.0.1`]
      const { stdout, stderr } = await curl(['-x', `${scheme}://${proxy.plain}`, ...resolve, url])
      t.equal(stdout, HELLO, stderr)
      await proxy.resolved(t, scheme, origin.port)
    })
  }

  await t.test('--proxytunnel: http by CONNECT', async t => {
    const { stdout, stderr } = await curl(['-p', '-x', `http://${proxy.plain}`, url])
    t.equal(stdout, HELLO, stderr)
    await proxy.raced(t, 'http', origin.port)
  })

  await t.test('--proxy1.0: CONNECT by HTTP/1.0', async t => {
    const { stdout, stderr } = await curl(['-p', '--proxy1.0', proxy.plain, httpsUrl])
    t.equal(stdout, SECURE_HELLO, stderr)
    await proxy.raced(t, 'http', secure.port)
  })

  await t.test('with a login, the right one, a wrong one and none', async t => {
    for (const [args, protocol, wrong] of [
      [['-x', `socks5h://${proxy.users}`, url], 'socks5', [97, '']],
      [['-x', `http://${proxy.users}`, '-p', url], 'http', [56, '']],
      [['-x', `http://${proxy.users}`, httpsUrl], 'http', [56, '']],
    ] as const) {
      const port = args.includes(httpsUrl) ? secure.port : origin.port
      const good = await curl(['-U', login, ...args])
      t.equal(good.code, 0, good.stderr)
      await proxy.raced(t, protocol, port, { user: LOGIN.user })
      for (const bad of [['-U', `${LOGIN.user}:wrong`], []]) {
        const { code, stdout } = await curl([...bad, ...args])
        t.same([code, stdout], wrong, [...bad, ...args].join(' '))
        await proxy.refused(t, protocol, 'auth')
      }
    }
  })

  await t.test('with a login, http by http', async t => {
    const get = (...args: readonly string[]) =>
      curl(['-f', '-x', `http://${proxy.users}`, ...args, url])
    const good = await get('-U', login)
    t.equal(good.stdout, HELLO, good.stderr)
    await proxy.raced(t, 'http', origin.port, { user: LOGIN.user })
    for (const bad of [['-U', `${LOGIN.user}:wrong`], []]) {
      const { code, stderr } = await get(...bad)
      t.equal(code, 22)
      t.match(stderr, '407')
      await proxy.refused(t, 'http', 'auth')
    }
  })

  await t.test('--proxy-anyauth: asks without a login, and then with it', async t => {
    const args = ['--proxy-anyauth', '-U', login, '-x', `http://${proxy.users}`, httpsUrl]
    const { stdout, stderr } = await curl(args)
    t.equal(stdout, SECURE_HELLO, stderr)
    await proxy.raced(t, 'http', secure.port, { user: LOGIN.user })
  })

  await t.test('by the variables', async t => {
    for (const [name, value, target, protocol] of [
      ['HTTPS_PROXY', `http://${proxy.plain}`, httpsUrl, 'http'],
      ['https_proxy', `socks5h://${proxy.plain}`, httpsUrl, 'socks5'],
      ['ALL_PROXY', proxy.plain, httpsUrl, 'http'],
      ['all_proxy', `socks4a://${proxy.plain}`, url, 'socks4'],
      ['ALL_PROXY', `socks5h://${proxy.plain}`, url, 'socks5'],
    ] as const) {
      const isPlain = target === url
      const { stdout, stderr } = await curl([target], { [name]: value })
      t.equal(stdout, isPlain ? HELLO : SECURE_HELLO, `${name}=${value}: ${stderr}`)
      await proxy.raced(t, protocol, isPlain ? origin.port : secure.port)
    }
  })

  await t.test('by the variables, http by http', async t => {
    for (const name of ['http_proxy', 'ALL_PROXY']) {
      const { stdout, stderr } = await curl([url], { [name]: `http://${proxy.plain}` })
      t.equal(stdout, HELLO, `${name}: ${stderr}`)
      await proxy.raced(t, 'http', origin.port)
    }
  })

  await t.test('what cannot be reached: curl shows the answer', async t => {
    const get = (...args: readonly string[]) => curl(['-i', '-x', ...args])
    const refused = await get(`http://${proxy.plain}`, '-p', `http://${dead}`)
    t.equal(refused.code, 56)
    t.match(refused.stdout, /^HTTP\/1\.1 502 .*\r$/m)
    t.match(refused.stdout, /^Proxy-Status: eyeballd; error=connection_refused\r$/m)
    await proxy.failed(t, 'http', dead)
    const unknown = await get(`http://${proxy.plain}`, '-p', `http://${nowhere}`)
    t.match(unknown.stdout, /^Proxy-Status: eyeballd; error=dns_error; rcode="NXDOMAIN"\r$/m)
    await proxy.failed(t, 'http', nowhere)
    for (const [scheme, protocol] of [
      ['socks4a', 'socks4'],
      ['socks5h', 'socks5'],
    ] as const) {
      const { code } = await get(`${scheme}://${proxy.plain}`, `http://${dead}`)
      t.equal(code, 97, 'CURLE_PROXY')
      await proxy.failed(t, protocol, dead)
    }
  })

  await t.test('the same, forwarded', async t => {
    const get = (target: string) => curl(['-i', '-x', `http://${proxy.plain}`, `http://${target}`])
    const refused = await get(dead)
    t.match(refused.stdout, /^HTTP\/1\.1 502 .*\r$/m)
    t.match(refused.stdout, /^Proxy-Status: eyeballd; error=connection_refused\r$/m)
    await proxy.failed(t, 'http', dead)
    const unknown = await get(nowhere)
    t.match(unknown.stdout, /^Proxy-Status: eyeballd; error=dns_error; rcode="NXDOMAIN"\r$/m)
    await proxy.failed(t, 'http', nowhere)
  })

  await t.test('bodies that are forwarded', async t => {
    const get = (...args: readonly string[]) => curl(['-x', `http://${proxy.plain}`, ...args])
    const down = await get(`http://${NAME}:${origin.port}/bytes/${LARGE}`)
    t.ok(Buffer.from(down.stdout, 'latin1').equals(patternOf(LARGE)), down.stderr)
    const file = join(temporaryDirectory(t), 'body')
    writeFileSync(file, patternOf(LARGE))
    const echo = `http://${NAME}:${origin.port}/echo`
    for (const args of [
      ['--data-binary', `@${file}`],
      ['--data-binary', `@${file}`, '-H', 'Transfer-Encoding: chunked'],
      ['--data-binary', `@${file}`, '-0'],
    ]) {
      const up = await get('-X', 'POST', ...args, echo)
      t.ok(Buffer.from(up.stdout, 'latin1').equals(patternOf(LARGE)), args.join(' '))
    }
    await proxy.raced(t, 'http', origin.port)
  })

  await t.test('requests of one client connection, to two targets', async t => {
    const other = await httpOrigin(t)
    const otherUrl = `http://${NAME}:${other.port}/a`
    const before = origin.connections()
    const urls = [url, url, otherUrl, otherUrl, url]
    const { stdout, stderr } = await curl(['-x', `http://${proxy.plain}`, ...urls])
    t.equal(stdout, HELLO.repeat(5), stderr)
    t.equal(origin.connections() - before, 2, 'a connection to one target at a time')
    t.equal(other.connections(), 1)
    const races = await proxy.races(3)
    t.equal(new Set(races.map(race => race['conn'])).size, 1)
    t.same(
      races.map(({ target, hidden }) => [target, hidden]),
      [origin.port, other.port, origin.port].map(port => [`${NAME}:${port}`, true]),
    )
  })

  await t.test('HEAD, forwarded', async t => {
    const bytes = `http://${NAME}:${origin.port}/bytes/1000`
    const { stdout, stderr } = await curl(['-x', `http://${proxy.plain}`, '-I', bytes])
    t.match(stdout, /^HTTP\/1\.1 200 OK\r\n/, stderr)
    t.match(stdout, /^content-length: 1000\r$/im)
    await proxy.raced(t, 'http', origin.port)
  })

  await t.test('a silent IPv6 address, by each protocol', async t => {
    // A prefix that was silent once is not waited for again: each protocol has a daemon of its own.
    const hole = await createBlackHole('::1').catch(() => undefined)
    if (!hole) return t.comment('left out: no IPv6 loopback here')
    t.teardown(() => hole.close())
    const silent = await httpOrigin(t, '127.0.0.1', hole.port)
    for (const [scheme, protocol] of [
      ['socks4a', 'socks4'],
      ['socks5h', 'socks5'],
      ['http', 'http'],
    ] as const) {
      const fresh = await startMixedProxy(t)
      const { stdout, stderr } = await curl([
        '-x',
        `${scheme}://${fresh.plain}`,
        '-p',
        `http://${NAME}:${silent.port}/a`,
      ])
      t.equal(stdout, HELLO, stderr)
      const { attempts } = await fresh.raced(t, protocol, silent.port)
      t.match(attempts, [
        { address: '::1', outcome: 'cancelled' },
        { address: '127.0.0.1', outcome: 'connected' },
      ])
      await fresh.stop(t)
    }
  })
})

t.test('the daemon ends well', t => proxy.stop(t))
