/** wget through the default port, by the variables that it reads. It knows no SOCKS. */
import t from 'tap'
import { httpOrigin, patternOf } from '../fixtures/http-origin.ts'
import { httpsOrigin } from '../fixtures/https-origin.ts'
import { clientEnvironment, LOGIN, NAME, startMixedProxy } from '../fixtures/mixed-proxy.ts'
import { runProgram, unlessMissing } from '../fixtures/programs.ts'

const LARGE = 3 * 1024 * 1024

const HELLO = 'hello from /a\n'
const SECURE_HELLO = 'hello /a\n'

t.setTimeout(120_000)

t.test('wget', { skip: unlessMissing('wget') }, async t => {
  const origin = await httpOrigin(t)
  const secure = await httpsOrigin(t)
  const proxy = await startMixedProxy(t)
  const url = `http://${NAME}:${origin.port}/a`
  const httpsUrl = `https://${NAME}:${secure.port}/a`
  const wget = (args: readonly string[], variables: Readonly<Record<string, string>>) =>
    runProgram(
      t,
      'wget',
      ['-q', '--no-config', '-O', '-', '--tries=1', `--ca-certificate=${secure.certFile}`, ...args],
      { env: clientEnvironment(variables) },
    )

  for (const [variable, target, port, hello] of [
    ['http_proxy', url, origin.port, HELLO],
    ['https_proxy', httpsUrl, secure.port, SECURE_HELLO],
  ] as const) {
    await t.test(variable, async t => {
      const { stdout, stderr } = await wget([target], { [variable]: `http://${proxy.plain}` })
      t.equal(stdout, hello, stderr)
      await proxy.raced(t, 'http', port)
    })

    await t.test(`${variable}, with a login, the right one and a wrong one`, async t => {
      const by = (password: string) =>
        wget([`--proxy-user=${LOGIN.user}`, `--proxy-password=${password}`, target], {
          [variable]: `http://${proxy.users}`,
        })
      const good = await by(LOGIN.password)
      t.equal(good.stdout, hello, good.stderr)
      await proxy.raced(t, 'http', port, { user: LOGIN.user })
      t.not((await by('wrong')).code, 0)
      await proxy.refused(t, 'http', 'auth')
    })
  }

  await t.test('a file, forwarded', async t => {
    const bytes = `http://${NAME}:${origin.port}/bytes/${LARGE}`
    const { stdout, stderr } = await wget([bytes], { http_proxy: `http://${proxy.plain}` })
    t.ok(Buffer.from(stdout, 'latin1').equals(patternOf(LARGE)), stderr)
    await proxy.raced(t, 'http', origin.port)
  })
  await proxy.stop(t)
})
