/** torsocks, which speaks SOCKS5 as Tor does. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { httpOrigin } from '../fixtures/http-origin.ts'
import { clientEnvironment, LOGIN, NAME, startMixedProxy } from '../fixtures/mixed-proxy.ts'
import { runProgram, unlessMissing } from '../fixtures/programs.ts'
import { temporaryDirectory } from '../fixtures/start-eyeballd.ts'

t.setTimeout(120_000)

/** torsocks gives names of this kind to the proxy, and asks it by Tor's RESOLVE for the addresses of others. */
const ONION = 'eyes.onion'

t.test('torsocks', { skip: unlessMissing('torsocks', 'curl') }, async t => {
  const origin = await httpOrigin(t)
  const proxy = await startMixedProxy(t, { [ONION]: ['::1', '127.0.0.1'] })
  const target = `${ONION}:${origin.port}`
  const curl = (where: string, login: readonly string[], url: string) => {
    const file = join(temporaryDirectory(t), 'torsocks.conf')
    const [host, port] = where.split(':')
    writeFileSync(file, [`TorAddress ${host}`, `TorPort ${port}`, ...login, ''].join('\n'))
    return runProgram(t, 'torsocks', ['curl', '-sS', '--max-time', '10', url], {
      env: clientEnvironment({ TORSOCKS_CONF_FILE: file }),
    })
  }

  await t.test('a name that it gives to the proxy', async t => {
    const { stdout, stderr } = await curl(proxy.plain, [], `http://${target}/a`)
    t.equal(stdout, 'hello from /a\n', stderr)
    await proxy.raced(t, 'socks5', origin.port, { target })
  })

  await t.test('with a login, the right one and a wrong one', async t => {
    const by = (password: string) => {
      const login = [`SOCKS5Username ${LOGIN.user}`, `SOCKS5Password ${password}`]
      return curl(proxy.users, login, `http://${target}/a`)
    }
    const { stdout, stderr } = await by(LOGIN.password)
    t.equal(stdout, 'hello from /a\n', stderr)
    await proxy.raced(t, 'socks5', origin.port, { target, user: LOGIN.user })
    t.not((await by('wrong')).code, 0)
    await proxy.refused(t, 'socks5', 'auth')
  })

  await t.test('RESOLVE, the command of Tor for other names, is refused', async t => {
    const { code } = await curl(proxy.plain, [], `http://${NAME}:${origin.port}/a`)
    t.equal(code, 6, 'curl: could not resolve host')
    await proxy.refused(t, 'socks5', 'command')
  })
  await proxy.stop(t)
})
