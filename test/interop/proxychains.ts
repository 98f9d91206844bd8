/** proxychains4 puts the proxy under a program that knows nothing of it. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { httpOrigin } from '../fixtures/http-origin.ts'
import { clientEnvironment, LOGIN, NAME, startMixedProxy } from '../fixtures/mixed-proxy.ts'
import { findProgram, runProgram, unlessMissing } from '../fixtures/programs.ts'
import { temporaryDirectory } from '../fixtures/start-eyeballd.ts'

t.setTimeout(120_000)

t.test('proxychains4', { skip: unlessMissing('proxychains4', 'curl') }, async t => {
  const origin = await httpOrigin(t)
  const proxy = await startMixedProxy(t)
  const curl = (type: string, where: string, login = '') => {
    const path = join(temporaryDirectory(t), 'proxychains.conf')
    const line = `${type} ${where.replace(':', ' ')} ${login}`
    writeFileSync(path, `strict_chain\nproxy_dns\n[ProxyList]\n${line}\n`)
    return runProgram(
      t,
      'proxychains4',
      [
        '-q',
        '-f',
        path,
        findProgram('curl') ?? '',
        '-sS',
        '--max-time',
        '10',
        `http://${NAME}:${origin.port}/a`,
      ],
      { env: clientEnvironment() },
    )
  }

  for (const [type, protocol] of [
    ['socks5', 'socks5'],
    ['socks4', 'socks4'],
    ['http', 'http'],
  ] as const) {
    await t.test(`${type}: the proxy looks the name up`, async t => {
      const { stdout, stderr } = await curl(type, proxy.plain)
      t.equal(stdout, 'hello from /a\n', stderr)
      await proxy.raced(t, protocol, origin.port)
    })

    if (type === 'socks4') continue
    await t.test(`${type} with a login, the right one and a wrong one`, async t => {
      const { stdout, stderr } = await curl(type, proxy.users, `${LOGIN.user} ${LOGIN.password}`)
      t.equal(stdout, 'hello from /a\n', stderr)
      await proxy.raced(t, protocol, origin.port, { user: LOGIN.user })
      t.not((await curl(type, proxy.users, `${LOGIN.user} wrong`)).code, 0)
      await proxy.refused(t, protocol, 'auth')
    })
  }
  await proxy.stop(t)
})
