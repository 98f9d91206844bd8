/** Chromium through the default port, by SOCKS5 and by HTTP. */
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { bothOrigins } from '../fixtures/both-origins.ts'
import { clientEnvironment, NAME, startMixedProxy } from '../fixtures/mixed-proxy.ts'
import { runProgram, unlessMissing } from '../fixtures/programs.ts'
import { temporaryDirectory } from '../fixtures/start-eyeballd.ts'

t.setTimeout(180_000)

/** As many as a browser asks for at once and one after the other by a few connections. */
const SCRIPTS = 40

/** A page whose scripts count themselves, and put the sum into it. */
const PAGE = `<!doctype html><title>Eyes</title><p id="sum">none</p><script>let sum = 0</script>
${Array.from({ length: SCRIPTS }, (_, i) => `<script src="/add?${i}"></script>`).join('\n')}
<script>document.getElementById('sum').textContent = 'the sum is ' + sum</script>`

const page: RequestListener = ({ url }, response) => {
  response.setHeader('content-type', url === '/' ? 'text/html' : 'text/javascript')
  response.end(url === '/' ? PAGE : 'sum += 1')
}

t.test('Chromium', { skip: unlessMissing('chromium') }, async t => {
  const { plain, secure } = await bothOrigins(t, page)
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
    for (const [what, { port, url }] of Object.entries({ http: plain, https: secure })) {
      await t.test(`${what} by ${scheme}`, async t => {
        const { stdout, stderr } = await dump(scheme, `${url}/`)
        t.match(stdout, `the sum is ${SCRIPTS}`, stderr)
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
