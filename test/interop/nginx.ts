/** nginx as the origin behind the proxy: small, large (sendfile) and partial answers, and the PROXY protocol. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import t from 'tap'
import { patternOf } from '../fixtures/http-origin.ts'
import { runProgram, startProgram, unlessMissing } from '../fixtures/programs.ts'
import { startEyeballd, temporaryDirectory } from '../fixtures/start-eyeballd.ts'
import { freePort } from '../fixtures/tcp-target.ts'

const LARGE = 16 * 1024 * 1024

t.setTimeout(120_000)

t.test('nginx', { skip: unlessMissing('nginx', 'curl') }, async t => {
  const directory = temporaryDirectory(t)
  const port = await freePort()
  const proxied = await freePort()
  mkdirSync(join(directory, 'www'))
  const large = patternOf(LARGE)
  writeFileSync(join(directory, 'www', 'large'), large)
  writeFileSync(join(directory, 'www', 'index.html'), 'hello from nginx\n')
  const config = join(directory, 'nginx.conf')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  writeFileSync(
    config,
    `daemon off; master_process off; error_log stderr; pid ${directory}/pid;
    events { worker_connections 128; }
    http {
      access_log off;
      ${temporary.map(name => `${name}_temp_path ${directory}/${name};`).join(' ')}
      server { listen 127.0.0.1:${port}; root ${directory}/www; }
      server {
        listen 127.0.0.1:${proxied} proxy_protocol;
        location / { return 200 "$proxy_protocol_addr $proxy_protocol_port $proxy_protocol_server_port"; }
      }
    }`,
  )
  await startProgram(t, 'nginx', ['-e', 'stderr', '-p', directory, '-c', config], port)
  const eyeballd = await startEyeballd(t, {
    config: {
      listeners: [
        { name: 'socks', protocol: 'socks', listen: '127.0.0.1:0' },
        ...[1, 2].map(version => ({
          name: `v${version}`,
          protocol: 'forward',
          listen: '127.0.0.1:0',
          target: `www.example.com:${proxied}`,
          egress: { proxyProtocol: version },
        })),
      ],
      resolver: { search: [], hosts: { 'www.example.com': ['::1', '127.0.0.1'] } },
    },
  })
  const url = `http://www.example.com:${port}`
  const curl = (...args: readonly string[]) =>
    runProgram(t, 'curl', [
      '-sS',
      '--max-time',
      '10',
      '--socks5-hostname',
      `127.0.0.1:${eyeballd.address('socks').port}`,
      ...args,
    ])
  t.equal((await curl(`${url}/`, `${url}/`)).stdout, 'hello from nginx\n'.repeat(2))
  const { stdout, code } = await curl(`${url}/large`)
  t.equal(code, 0)
  t.equal(
    createHash('sha256').update(stdout, 'latin1').digest('hex'),
    createHash('sha256').update(large).digest('hex'),
    '16 MiB by sendfile',
  )
  t.equal((await curl('-r', '4096-4099', `${url}/large`)).stdout, '\u0000\u0010\u0000\u0000')
  for (const name of ['v1', 'v2']) {
    const { host, port: forward } = eyeballd.address(name)
    const from = `http://${host}:${forward}/`
    const { stdout: answer } = await runProgram(t, 'curl', [
      '-sS',
      '--max-time',
      '10',
      '--local-port',
      '40000-48000',
      from,
    ])
    const [address, source, destination] = answer.split(' ')
    t.equal(address, '127.0.0.1', name)
    t.ok(Number(source) >= 40_000 && Number(source) <= 48_000, `${name}: the client’s own port`)
    t.equal(destination, String(forward), name)
  }
  await eyeballd.stop(t)
})
