/** apt through the default port, from a repository of one package, without touching this machine's own. */
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { bothOrigins } from '../fixtures/both-origins.ts'
import { clientEnvironment, LOGIN, startMixedProxy } from '../fixtures/mixed-proxy.ts'
import { runProgram, unlessMissing } from '../fixtures/programs.ts'
import { temporaryDirectory } from '../fixtures/start-eyeballd.ts'

t.setTimeout(120_000)

/** More than apt asks for at once on one connection. */
const NAMES = Array.from({ length: 12 }, (_, i) => `eyes-test${i + 1}`)

const controlOf = (name: string): string => `Package: ${name}
Version: 1.0
Architecture: all
Maintainer: Tester <tester@example.com>
Description: a package of the tests
`

t.test('apt-get', { skip: unlessMissing('apt-get', 'dpkg-deb') }, async t => {
  const home = temporaryDirectory(t)
  mkdirSync(join(home, 'package', 'DEBIAN'), { recursive: true })
  const files = new Map<string, Buffer>()
  let index = ''
  for (const name of NAMES) {
    const control = controlOf(name)
    writeFileSync(join(home, 'package', 'DEBIAN', 'control'), control)
    const file = join(home, `${name}.deb`)
    await runProgram(t, 'dpkg-deb', ['--root-owner-group', '-b', join(home, 'package'), file])
    const deb = readFileSync(file)
    const sha256 = createHash('sha256').update(deb).digest('hex')
    index += `${control}Filename: ./${name}.deb\nSize: ${deb.length}\nSHA256: ${sha256}\n\n`
    files.set(`/./${name}.deb`, deb)
  }
  files.set('/./Packages', Buffer.from(index))
  const listener: RequestListener = ({ url = '/' }, response) => {
    const found = files.get(url)
    if (found === undefined) response.writeHead(404)
    response.end(found ?? 'not here\n')
  }
  const { plain, secure } = await bothOrigins(t, listener)
  const proxy = await startMixedProxy(t)

  /** An update and a download with an APT of its own, by these proxies. */
  const fetchFrom = async (
    url: string,
    settings: Readonly<Record<string, string>>,
    variables: Readonly<Record<string, string>> = {},
  ) => {
    const directory = temporaryDirectory(t)
    const download = join(directory, 'download')
    for (const path of [
      'etc/apt.conf.d',
      'state/lists/partial',
      'cache/archives/partial',
      'download',
    ])
      mkdirSync(join(directory, path), { recursive: true })
    writeFileSync(join(directory, 'state', 'status'), '')
    writeFileSync(join(directory, 'etc', 'sources.list'), `deb [trusted=yes] ${url}/ ./\n`)
    const options = Object.entries({
      Dir: directory,
      'Dir::Etc': 'etc',
      'Dir::State': 'state',
      'Dir::State::status': join(directory, 'state', 'status'),
      'Dir::Cache': 'cache',
      'APT::Sandbox::User': 'root',
      'Acquire::Languages': 'none',
      'Acquire::Retries': '0',
      'Acquire::https::CAInfo': secure.certFile,
      ...settings,
    })
    writeFileSync(
      join(directory, 'apt.conf'),
      options.map(([name, value]) => `${name} "${value}";\n`).join(''),
    )
    const env = clientEnvironment({ APT_CONFIG: join(directory, 'apt.conf'), ...variables })
    const update = await runProgram(t, 'apt-get', ['-q', 'update'], { env, cwd: download })
    const got = await runProgram(t, 'apt-get', ['-q', 'download', ...NAMES], {
      env,
      cwd: download,
    })
    return {
      output: update.stdout + update.stderr + got.stdout + got.stderr,
      files: readdirSync(download).toSorted(),
    }
  }

  const DOWNLOADED = NAMES.map(name => `${name}_1.0_all.deb`).toSorted()

  for (const [scheme, protocol] of [
    ['http', 'http'],
    ['socks5h', 'socks5'],
  ] as const) {
    await t.test(`Acquire::https::Proxy, ${scheme}`, async t => {
      const settings = { 'Acquire::https::Proxy': `${scheme}://${proxy.plain}` }
      const got = await fetchFrom(secure.url, settings)
      t.same(got.files, DOWNLOADED, got.output)
      await proxy.raced(t, protocol, secure.port)
    })

    await t.test(`Acquire::http::Proxy, ${scheme}`, async t => {
      const settings = { 'Acquire::http::Proxy': `${scheme}://${proxy.plain}` }
      const got = await fetchFrom(plain.url, settings)
      t.same(got.files, DOWNLOADED, got.output)
      await proxy.raced(t, protocol, plain.port)
    })
  }

  await t.test('https_proxy with a login, the right one and a wrong one', async t => {
    const by = (password: string) => {
      const https_proxy = `http://${LOGIN.user}:${password}@${proxy.users}`
      return fetchFrom(secure.url, {}, { https_proxy })
    }
    const good = await by(LOGIN.password)
    t.same(good.files, DOWNLOADED, good.output)
    await proxy.raced(t, 'http', secure.port, { user: LOGIN.user })
    const wrong = await by('wrong')
    t.same(wrong.files, [])
    t.match(wrong.output, '407')
    await proxy.refused(t, 'http', 'auth')
  })
  await proxy.stop(t)
})
