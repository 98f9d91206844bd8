/** Chromium through the default port, by SOCKS5 and by HTTP. */
import { join } from 'node:path'
import t from 'tap'
import { httpOrigin } from '../fixtures/http-origin.ts'
import { httpsOrigin } from '../fixtures/https-origin.ts'
import { clientEnvironment, FORWARDING, NAME, startMixedProxy } from '../fixtures/mixed-proxy.ts'
import { runProgram, unlessMissing } from '../fixtures/programs.ts'
import { temporaryDirectory } from '../fixtures/start-eyeballd.ts'

t.setTimeout(180_000)

t.test('Chromium', { skip: unlessMissing('chromium') }, async t => {
  const origin = await httpOrigin(t)
  const secure = await httpsOrigin(t)
  const proxy = await startMixedProxy(t)

  /** The page at this address, as Chromium has understood it. */
  const dump = (scheme: string, url: string) => {
    const home = temporaryDirectory(t)
    return runProgram(
      t,
      'chromium',
      [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--ignore-certificate-errors',
        `--user-data-dir=${join(home, 'data')}`,
        `--proxy-server=${scheme}://${proxy.plain}`,
        '--dump-dom',
        url,
      ],
      { env: clientEnvironment({ HOME: home }), timeoutMs: 60_000 },
    )
  }

  for (const [scheme, protocol] of [
    ['socks5', 'socks5'],
    ['http', 'http'],
  ] as const) {
    for (const [what, port, hello] of [
      ['http', origin.port, 'hello from /a'],
      ['https', secure.port, 'hello /a'],
    ] as const) {
      const skip = scheme === 'http' && what === 'http' && FORWARDING
      await t.test(`${what} by ${scheme}`, { skip }, async t => {
        const { stdout, stderr } = await dump(scheme, `${what}://${NAME}:${port}/a`)
        t.match(stdout, hello, stderr)
        // It asks for other things as well, by itself.
        const race = await proxy.eyeballd.waitFor(
          line =>
            line.event === 'race' &&
            line['protocol'] === protocol &&
            line['target'] === `${NAME}:${port}`,
        )
        t.match(race, { outcome: 'won', hidden: true, winner: { address: '127.0.0.1' } })
      })
    }
  }
  await proxy.stop(t)
})
