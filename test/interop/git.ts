/** git through the default port: https URLs by all proxies that it knows, and ssh URLs by netcat. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { bothOrigins } from '../fixtures/both-origins.ts'
import { serveRepositories } from '../fixtures/git-origin.ts'
import { clientEnvironment, LOGIN, NAME, startMixedProxy } from '../fixtures/mixed-proxy.ts'
import { findProgram, runProgram, unlessMissing } from '../fixtures/programs.ts'
import { temporaryDirectory } from '../fixtures/start-eyeballd.ts'
import { netcatBy, startSshd, unlessSshd } from '../fixtures/start-sshd.ts'

t.setTimeout(120_000)

/** More than git puts into one request with a length: it is sent in chunks. */
const LARGE = 3 * 1024 * 1024

/** Without the configuration of this machine, and without questions. */
const OWN_VARIABLES = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
}
const NOBODY = ['-c', 'user.name=Tester', '-c', 'user.email=tester@example.com']

t.test('git', { skip: unlessMissing('git') }, async t => {
  const home = temporaryDirectory(t)
  const { plain, secure } = await bothOrigins(t, serveRepositories(t, home))
  const git = async (args: readonly string[], variables: Readonly<Record<string, string>> = {}) => {
    const env = clientEnvironment({
      ...OWN_VARIABLES,
      GIT_SSL_CAINFO: secure.certFile,
      ...variables,
    })
    return runProgram(t, 'git', [...NOBODY, ...args], { env, cwd: home })
  }
  const bare = join(home, 'eyes.git')
  await git(['init', '-q', '--bare', '-b', 'main', bare])
  await git(['-C', bare, 'config', 'http.receivepack', 'true'])
  const work = join(home, 'work')
  await git(['clone', '-q', bare, work])
  writeFileSync(join(work, 'README'), 'hello from git\n')
  await git(['-C', work, 'add', '.'])
  await git(['-C', work, 'commit', '-q', '-m', 'First'])
  await git(['-C', work, 'push', '-q', 'origin', 'HEAD:main'])

  const proxy = await startMixedProxy(t)
  const httpsUrl = `${secure.url}/eyes.git`

  let clones = 0
  const newPlace = (): string => join(home, `clone${clones++}`)
  const clone = async (
    url: string,
    args: readonly string[],
    variables: Readonly<Record<string, string>> = {},
  ) => {
    const place = newPlace()
    const said = await git([...args, 'clone', '-q', url, place], variables)
    const readme = said.code === 0 ? readFileSync(join(place, 'README'), 'utf8') : ''
    return { ...said, place, readme }
  }

  await t.test('http.proxy, for an https URL', async t => {
    for (const [scheme, protocol] of [
      ['http', 'http'],
      ['socks5h', 'socks5'],
      ['socks4a', 'socks4'],
    ] as const) {
      const setting = ['-c', `http.proxy=${scheme}://${proxy.plain}`]
      const { readme, stderr } = await clone(httpsUrl, setting)
      t.equal(readme, 'hello from git\n', `${scheme}: ${stderr}`)
      await proxy.raced(t, protocol, secure.port)
    }
  })

  await t.test('HTTPS_PROXY, with a login in it', async t => {
    const by = (password: string) => {
      const HTTPS_PROXY = `http://${LOGIN.user}:${password}@${proxy.users}`
      return clone(httpsUrl, [], { HTTPS_PROXY })
    }
    const { readme, stderr } = await by(LOGIN.password)
    t.equal(readme, 'hello from git\n', stderr)
    await proxy.raced(t, 'http', secure.port, { user: LOGIN.user })
    const wrong = await by('wrong')
    t.equal(wrong.code, 128)
    t.match(wrong.stderr, /407|Authentication/)
    await proxy.refused(t, 'http', 'auth')
  })

  await t.test('a push in chunks, and a fetch of it', async t => {
    const settings = ['-c', `http.proxy=http://${proxy.plain}`]
    const { place } = await clone(httpsUrl, settings)
    await proxy.raced(t, 'http', secure.port)
    const content = Buffer.alloc(LARGE, 'eyeballs ')
    writeFileSync(join(place, 'large'), content)
    await git(['-C', place, 'add', '.'])
    await git(['-C', place, 'commit', '-q', '-m', 'Second'])
    const uncompressed = ['-c', 'core.compression=0']
    const pushed = await git([...settings, ...uncompressed, '-C', place, 'push', '-q'])
    t.equal(pushed.code, 0, pushed.stderr)
    await proxy.raced(t, 'http', secure.port)
    const again = await clone(httpsUrl, settings)
    t.ok(readFileSync(join(again.place, 'large')).equals(content))
    await proxy.raced(t, 'http', secure.port)
  })

  await t.test('http.proxy, for an http URL', async t => {
    const settings = ['-c', `http.proxy=http://${proxy.plain}`]
    const { readme, stderr, place } = await clone(`${plain.url}/eyes.git`, settings)
    t.equal(readme, 'hello from git\n', stderr)
    await proxy.raced(t, 'http', plain.port)
    writeFileSync(join(place, 'large'), Buffer.alloc(LARGE, 'forwarded '))
    await git(['-C', place, 'add', '.'])
    await git(['-C', place, 'commit', '-q', '-m', 'Third'])
    const pushed = await git([...settings, '-c', 'core.compression=0', '-C', place, 'push', '-q'])
    t.equal(pushed.code, 0, pushed.stderr)
    await proxy.raced(t, 'http', plain.port)
  })

  await t.test('an ssh URL, by core.sshCommand', { skip: unlessSshd() }, async t => {
    const sshd = await startSshd(t, NAME)
    for (const [way, protocol] of [
      ['connect', 'http'],
      ['5', 'socks5'],
    ] as const) {
      const config = sshd.clientConfig(netcatBy(way, proxy.plain))
      const setting = ['-c', `core.sshCommand=${findProgram('ssh')} -F ${config}`]
      const { readme, stderr } = await clone(`ssh://root@${NAME}:${sshd.port}${bare}`, setting)
      t.equal(readme, 'hello from git\n', stderr)
      await proxy.raced(t, protocol, sshd.port)
    }
    const config = sshd.clientConfig(netcatBy('4', proxy.plain, '127.0.0.1'))
    const GIT_SSH_COMMAND = `${findProgram('ssh')} -F ${config}`
    const four = await clone(`ssh://root@${NAME}:${sshd.port}${bare}`, [], { GIT_SSH_COMMAND })
    t.equal(four.readme, 'hello from git\n', four.stderr)
    await proxy.resolved(t, 'socks4', sshd.port)
  })
  await proxy.stop(t)
})
