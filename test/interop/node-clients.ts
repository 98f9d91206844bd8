/** Node's own clients and undici through the default port. */
import t from 'tap'
import { httpOrigin } from '../fixtures/http-origin.ts'
import { httpsOrigin } from '../fixtures/https-origin.ts'
import { clientEnvironment, LOGIN, NAME, startMixedProxy } from '../fixtures/mixed-proxy.ts'
import { runProgram } from '../fixtures/programs.ts'

t.setTimeout(120_000)

/** Reads the variables of proxies only on request, and only from here on. */
const READS_VARIABLES = 24
const isOld = Number(process.versions.node.split('.')[0]) < READS_VARIABLES
const unlessVariables = isOld && `Node ${process.versions.node} reads no proxy variables`

const FETCH = `
const response = await fetch(process.argv[1])
console.log(response.status, (await response.text()).trim())
`

const GET = `
const [, url] = process.argv
const { get } = await import(url.startsWith('https:') ? 'node:https' : 'node:http')
get(url, response => response.pipe(process.stdout)).on('error', error => console.log(error.message))
`

const PROXY_AGENT = `
import { fetch, ProxyAgent } from 'undici'
const [, url, uri] = process.argv
const dispatcher = new ProxyAgent(uri)
for (let i = 0; i < 2; i++) {
  try {
    const response = await fetch(url, { dispatcher })
    console.log(response.status, (await response.text()).trim())
  } catch {
    console.log('failed')
  }
}
await dispatcher.close()
`

const origin = await httpOrigin(t)
const secure = await httpsOrigin(t)
const proxy = await startMixedProxy(t)
const httpUrl = `http://${NAME}:${origin.port}/a`
const httpsUrl = `https://${NAME}:${secure.port}/a`

const node = (
  program: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
) =>
  runProgram(t, process.execPath, ['--input-type=module', '-e', program, ...args], {
    env: clientEnvironment({ NODE_EXTRA_CA_CERTS: secure.certFile, ...variables }),
  })

t.test('NODE_USE_ENV_PROXY', { skip: unlessVariables }, async t => {
  const variables = (where: string): Record<string, string> => ({
    NODE_USE_ENV_PROXY: '1',
    HTTP_PROXY: `http://${where}`,
    HTTPS_PROXY: `http://${where}`,
  })

  await t.test('fetch, https', async t => {
    const { stdout, stderr } = await node(FETCH, [httpsUrl], variables(proxy.plain))
    t.equal(stdout, '200 hello /a\n', stderr)
    await proxy.raced(t, 'http', secure.port)
  })

  await t.test('https.get', async t => {
    const { stdout, stderr } = await node(GET, [httpsUrl], variables(proxy.plain))
    t.equal(stdout, 'hello /a\n', stderr)
    await proxy.raced(t, 'http', secure.port)
  })

  await t.test('https.get with a login, the right one and a wrong one', async t => {
    const by = (password: string) =>
      node(GET, [httpsUrl], variables(`${LOGIN.user}:${password}@${proxy.users}`))
    const good = await by(LOGIN.password)
    t.equal(good.stdout, 'hello /a\n', good.stderr)
    await proxy.raced(t, 'http', secure.port, { user: LOGIN.user })
    t.match((await by('wrong')).stdout, '407')
    await proxy.refused(t, 'http', 'auth')
  })

  await t.test('fetch, http', async t => {
    const { stdout, stderr } = await node(FETCH, [httpUrl], variables(proxy.plain))
    t.equal(stdout, '200 hello from /a\n', stderr)
    await proxy.raced(t, 'http', origin.port)
  })

  await t.test('http.get', async t => {
    const { stdout, stderr } = await node(GET, [httpUrl], variables(proxy.plain))
    t.equal(stdout, 'hello from /a\n', stderr)
    await proxy.raced(t, 'http', origin.port)
  })
})

t.test('ProxyAgent of undici', async t => {
  await t.test('https', async t => {
    const { stdout, stderr } = await node(PROXY_AGENT, [httpsUrl, `http://${proxy.plain}`])
    t.equal(stdout, '200 hello /a\n'.repeat(2), stderr)
    await proxy.raced(t, 'http', secure.port)
  })

  await t.test('a login, the right one and a wrong one', async t => {
    const by = (password: string) =>
      node(PROXY_AGENT, [httpsUrl, `http://${LOGIN.user}:${password}@${proxy.users}`])
    const good = await by(LOGIN.password)
    t.equal(good.stdout, '200 hello /a\n'.repeat(2), good.stderr)
    await proxy.raced(t, 'http', secure.port, { user: LOGIN.user })
    t.equal((await by('wrong')).stdout, 'failed\n'.repeat(2))
    await proxy.refused(t, 'http', 'auth')
  })

  await t.test('http', async t => {
    const { stdout, stderr } = await node(PROXY_AGENT, [httpUrl, `http://${proxy.plain}`])
    t.equal(stdout, '200 hello from /a\n'.repeat(2), stderr)
    await proxy.raced(t, 'http', origin.port)
  })
})

t.test('the daemon ends well', t => proxy.stop(t))
