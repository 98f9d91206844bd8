/** The examples for the built-in fetch and for node:https, against a server behind a dead first address. */
import { createServer } from 'node:https'
import t from 'tap'
import { makeCertificate } from '../fixtures/certificate.ts'
import { unlessMissing } from '../fixtures/programs.ts'
import { portBehindDeadIpv6, runExample } from '../fixtures/run-example.ts'

t.setTimeout(120_000)

t.test('fetch and https', { skip: unlessMissing('openssl') }, async t => {
  const port = await portBehindDeadIpv6(t)
  const certificate = makeCertificate(t, 'localhost')
  const names: unknown[] = []
  const server = createServer(certificate, (request, response) => {
    response.end(`${request.method} ${request.url} of ${request.headers.host}`)
  })
  server.on('secureConnection', socket => {
    names.push((socket as typeof socket & { servername: unknown }).servername)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
  t.teardown(() => server.close())
  const trust = { NODE_EXTRA_CA_CERTS: certificate.certFile }
  const url = `https://localhost:${port}/hello?name=eyes`
  for (const example of ['fetch.mjs', 'https-agent.mjs']) {
    const { stdout } = await runExample(t, example, [url], trust)
    t.equal(stdout, `200 GET /hello?name=eyes of localhost:${port}\n`, example)
  }
  t.same(names, ['localhost', 'localhost'])
})
