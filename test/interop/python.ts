/** Python through the default port: urllib, requests with and without PySocks, and pip. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { bothOrigins } from '../fixtures/both-origins.ts'
import { clientEnvironment, LOGIN, NAME, startMixedProxy } from '../fixtures/mixed-proxy.ts'
import { runProgram } from '../fixtures/programs.ts'
import { PYTHON, unlessPython } from '../fixtures/python.ts'
import { temporaryDirectory } from '../fixtures/start-eyeballd.ts'

t.setTimeout(120_000)

const WHEEL = 'eyes_test-1.0-py3-none-any.whl'

const URLLIB = `
import sys, urllib.request
print(urllib.request.urlopen(sys.argv[1], timeout=10).read().decode())
`

const REQUESTS = `
import sys, requests
print(requests.get(sys.argv[1], timeout=10).text)
`

/** With a proxy of its own, and two requests by one connection. */
const SESSION = `
import sys, requests
session = requests.Session()
session.proxies = {'http': sys.argv[2], 'https': sys.argv[2]}
print([session.get(sys.argv[1], timeout=10).status_code for _ in range(2)])
`

/** A wheel is a ZIP archive with three files about it. */
const MAKE_WHEEL = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as wheel:
    about = 'eyes_test-1.0.dist-info/'
    wheel.writestr('eyes_test.py', 'HELLO = "hello from pip"\\n')
    wheel.writestr(about + 'METADATA', 'Metadata-Version: 2.1\\nName: eyes-test\\nVersion: 1.0\\n')
    wheel.writestr(about + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(about + 'RECORD', 'eyes_test.py,,\\n' + ''.join(about + name + ',,\\n' for name in ('METADATA', 'WHEEL', 'RECORD')))
`

const wheelFile = join(temporaryDirectory(t), WHEEL)

/** A package index of one package (PEP 503); says hello elsewhere. */
const index: RequestListener = ({ url }, response) => {
  if (url === `/${WHEEL}`) response.end(readFileSync(wheelFile))
  else if (url === '/simple/eyes-test/')
    response.setHeader('content-type', 'text/html').end(`<a href="/${WHEEL}">${WHEEL}</a>`)
  else response.end(`hello from ${url}`)
}

const { plain, secure } = await bothOrigins(t, index)
const proxy = await startMixedProxy(t)
const loginProxy = (password: string): string => `http://${LOGIN.user}:${password}@${proxy.users}`

const python = (args: readonly string[], variables: Readonly<Record<string, string>> = {}) => {
  const pip = Object.keys(process.env).filter(name => name.startsWith('PIP_'))
  const env = {
    ...Object.fromEntries(pip.map(name => [name, undefined])),
    ...clientEnvironment({
      PYTHONNOUSERSITE: '1',
      PIP_CONFIG_FILE: '/dev/null',
      SSL_CERT_FILE: secure.certFile,
      REQUESTS_CA_BUNDLE: secure.certFile,
      ...variables,
    }),
  }
  return runProgram(t, PYTHON, args, { env })
}

t.test('urllib', { skip: unlessPython('urllib.request') }, async t => {
  await t.test('HTTPS_PROXY', async t => {
    const variables = { HTTPS_PROXY: `http://${proxy.plain}` }
    const { stdout, stderr } = await python(['-c', URLLIB, `${secure.url}/a`], variables)
    t.equal(stdout, 'hello from /a\n', stderr)
    await proxy.raced(t, 'http', secure.port)
  })

  await t.test('HTTPS_PROXY with a login, the right one and a wrong one', async t => {
    const by = (password: string) =>
      python(['-c', URLLIB, `${secure.url}/a`], { HTTPS_PROXY: loginProxy(password) })
    const good = await by(LOGIN.password)
    t.equal(good.stdout, 'hello from /a\n', good.stderr)
    await proxy.raced(t, 'http', secure.port, { user: LOGIN.user })
    const wrong = await by('wrong')
    t.match(wrong.stderr, 'Tunnel connection failed: 407 Proxy Authentication Required')
    await proxy.refused(t, 'http', 'auth')
  })

  await t.test('http_proxy', async t => {
    const variables = { http_proxy: `http://${proxy.plain}` }
    const { stdout, stderr } = await python(['-c', URLLIB, `${plain.url}/a`], variables)
    t.equal(stdout, 'hello from /a\n', stderr)
    await proxy.raced(t, 'http', plain.port)
  })
})

t.test('requests', { skip: unlessPython('requests', 'socks') }, async t => {
  for (const [scheme, protocol] of [
    ['http', 'http'],
    ['socks5h', 'socks5'],
    ['socks4a', 'socks4'],
  ] as const) {
    await t.test(`ALL_PROXY, https by ${scheme}`, async t => {
      const variables = { ALL_PROXY: `${scheme}://${proxy.plain}` }
      const { stdout, stderr } = await python(['-c', REQUESTS, `${secure.url}/a`], variables)
      t.equal(stdout, 'hello from /a\n', stderr)
      await proxy.raced(t, protocol, secure.port)
    })

    await t.test(`ALL_PROXY, http by ${scheme}`, async t => {
      const variables = { ALL_PROXY: `${scheme}://${proxy.plain}` }
      const { stdout, stderr } = await python(['-c', REQUESTS, `${plain.url}/a`], variables)
      t.equal(stdout, 'hello from /a\n', stderr)
      await proxy.raced(t, protocol, plain.port)
    })
  }

  await t.test('proxies of a session, with a login', async t => {
    const { stdout, stderr } = await python([
      '-c',
      SESSION,
      `${secure.url}/a`,
      loginProxy(LOGIN.password),
    ])
    t.equal(stdout, '[200, 200]\n', stderr)
    await proxy.raced(t, 'http', secure.port, { user: LOGIN.user })
    const wrong = await python(['-c', SESSION, `${secure.url}/a`, loginProxy('wrong')])
    t.match(wrong.stderr, '407')
    await proxy.refused(t, 'http', 'auth')
  })
})

t.test('pip', { skip: unlessPython('pip') }, async t => {
  execFileSync(PYTHON, ['-c', MAKE_WHEEL, wheelFile], { env: {} })
  const install = async (
    base: string,
    args: readonly string[],
    variables: Readonly<Record<string, string>> = {},
  ) => {
    const target = join(temporaryDirectory(t), 'target')
    const said = await python(
      [
        '-m',
        'pip',
        '--disable-pip-version-check',
        '--no-cache-dir',
        '--retries',
        '0',
        '--cert',
        secure.certFile,
        ...args,
        'install',
        '-q',
        '--no-deps',
        '--target',
        target,
        '--index-url',
        `${base}/simple/`,
        '--trusted-host',
        `${NAME}:${plain.port}`,
        'eyes-test',
      ],
      variables,
    )
    return { ...said, isThere: existsSync(join(target, 'eyes_test.py')) }
  }

  await t.test('--proxy, http', async t => {
    const { isThere, stderr } = await install(secure.url, ['--proxy', `http://${proxy.plain}`])
    t.ok(isThere, stderr)
    await proxy.raced(t, 'http', secure.port)
  })

  await t.test('--proxy, socks5h', { skip: unlessPython('socks') }, async t => {
    const { isThere, stderr } = await install(secure.url, ['--proxy', `socks5h://${proxy.plain}`])
    t.ok(isThere, stderr)
    await proxy.raced(t, 'socks5', secure.port)
  })

  await t.test('HTTPS_PROXY', async t => {
    const HTTPS_PROXY = loginProxy(LOGIN.password)
    const { isThere, stderr } = await install(secure.url, [], { HTTPS_PROXY })
    t.ok(isThere, stderr)
    await proxy.raced(t, 'http', secure.port, { user: LOGIN.user })
  })

  await t.test('--proxy, from an http index', async t => {
    const { isThere, stderr } = await install(plain.url, ['--proxy', `http://${proxy.plain}`])
    t.ok(isThere, stderr)
    await proxy.raced(t, 'http', plain.port)
  })
})

t.test('the daemon ends well', t => proxy.stop(t))
