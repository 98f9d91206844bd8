/** npm through the default port, from a registry of one package. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { TLSSocket } from 'node:tls'
import { join } from 'node:path'
import t from 'tap'
import { bothOrigins } from '../fixtures/both-origins.ts'
import { clientEnvironment, LOGIN, startMixedProxy } from '../fixtures/mixed-proxy.ts'
import { runProgram, unlessMissing } from '../fixtures/programs.ts'
import { temporaryDirectory } from '../fixtures/start-eyeballd.ts'

t.setTimeout(120_000)

const PACKAGE = { name: 'eyes-test', version: '1.0.0', main: 'index.js' }
const INDEX = 'module.exports = "hello from npm"\n'

const makeTarball = (): Buffer => {
  const directory = temporaryDirectory(t)
  mkdirSync(join(directory, 'package'))
  writeFileSync(join(directory, 'package', 'package.json'), JSON.stringify(PACKAGE))
  writeFileSync(join(directory, 'package', 'index.js'), INDEX)
  const file = join(directory, 'eyes-test.tgz')
  execFileSync('tar', ['-czf', file, '-C', directory, 'package'])
  return readFileSync(file)
}

t.test('npm', { skip: unlessMissing('npm', 'tar') }, async t => {
  const tarball = makeTarball()
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`
  const listener: RequestListener = ({ url, headers, socket }, response) => {
    if (url === '/eyes-test.tgz') return response.end(tarball)
    if (url !== '/eyes-test') return response.writeHead(404).end('{}')
    const scheme = socket instanceof TLSSocket ? 'https' : 'http'
    const dist = { tarball: `${scheme}://${headers.host}/eyes-test.tgz`, integrity }
    const { name, version } = PACKAGE
    const versions = { [version]: { ...PACKAGE, dist } }
    response.setHeader('content-type', 'application/json')
    return response.end(JSON.stringify({ name, 'dist-tags': { latest: version }, versions }))
  }
  const { plain, secure } = await bothOrigins(t, listener)
  const proxy = await startMixedProxy(t)

  const install = async (
    registry: string,
    settings: Readonly<Record<string, string>>,
    variables: Readonly<Record<string, string>> = {},
  ) => {
    const directory = temporaryDirectory(t)
    const userconfig = join(directory, 'npmrc')
    const lines = Object.entries({
      registry: `${registry}/`,
      cafile: secure.certFile,
      cache: join(directory, 'cache'),
      'fetch-retries': '0',
      'update-notifier': 'false',
      audit: 'false',
      fund: 'false',
      ...settings,
    })
    writeFileSync(userconfig, lines.map(([name, value]) => `${name}=${value}\n`).join(''))
    const ofNpm = Object.keys(process.env).filter(name => /^npm_/i.test(name))
    const said = await runProgram(
      t,
      'npm',
      ['install', '--userconfig', userconfig, '--prefix', directory, PACKAGE.name],
      {
        cwd: directory,
        env: {
          ...Object.fromEntries(ofNpm.map(name => [name, undefined])),
          NODE_EXTRA_CA_CERTS: undefined,
          ...clientEnvironment({
            npm_config_globalconfig: join(directory, 'none'),
            ...variables,
          }),
        },
      },
    )
    const file = join(directory, 'node_modules', PACKAGE.name, 'index.js')
    return { ...said, index: said.code === 0 ? readFileSync(file, 'utf8') : '' }
  }

  for (const [scheme, protocol] of [
    ['http', 'http'],
    ['socks5h', 'socks5'],
    ['socks4a', 'socks4'],
  ] as const) {
    await t.test(`https-proxy=${scheme}://...`, async t => {
      const settings = { 'https-proxy': `${scheme}://${proxy.plain}` }
      const { index, stdout, stderr } = await install(secure.url, settings)
      t.equal(index, INDEX, stdout + stderr)
      await proxy.raced(t, protocol, secure.port)
    })

    await t.test(`proxy=${scheme}://..., for an http registry`, async t => {
      const settings = { proxy: `${scheme}://${proxy.plain}` }
      const { index, stdout, stderr } = await install(plain.url, settings)
      t.equal(index, INDEX, stdout + stderr)
      await proxy.raced(t, protocol, plain.port)
    })
  }

  await t.test('HTTPS_PROXY with a login, the right one and a wrong one', async t => {
    const by = (password: string) => {
      const HTTPS_PROXY = `http://${LOGIN.user}:${password}@${proxy.users}`
      return install(secure.url, {}, { HTTPS_PROXY })
    }
    const { index, stderr } = await by(LOGIN.password)
    t.equal(index, INDEX, stderr)
    await proxy.raced(t, 'http', secure.port, { user: LOGIN.user })
    t.not((await by('wrong')).code, 0)
    await proxy.refused(t, 'http', 'auth')
  })

  await proxy.stop(t)
})
