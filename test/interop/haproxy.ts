/** HAProxy in front of the daemon and behind it, by the PROXY protocol. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { eventually } from '../fixtures/in-parallel.ts'
import { runProgram, startProgram, unlessMissing } from '../fixtures/programs.ts'
import { openSocks } from '../fixtures/socks-client.ts'
import { startEyeballd, temporaryDirectory } from '../fixtures/start-eyeballd.ts'
import { echo, freePort, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const DEFAULTS = `
  global
    maxconn 100
  defaults
    timeout connect 5s
    timeout client 10s
    timeout server 10s
`

/** The options of a server by which HAProxy sends headers. */
const SENDERS = [
  'send-proxy',
  'send-proxy-v2',
  'send-proxy-v2 proxy-v2-options crc32c,unique-id',
] as const

t.test('HAProxy in front', { skip: unlessMissing('haproxy') }, async t => {
  const target = await tcpTarget(t, echo)
  const eyeballd = await startEyeballd(t, {
    config: {
      listeners: [
        { protocol: 'mixed', listen: '127.0.0.1:0', proxyProtocol: { from: '127.0.0.1' } },
      ],
      log: { level: 'debug' },
    },
  })
  const { port } = eyeballd.address()
  const ports = await Promise.all(SENDERS.map(() => freePort()))
  const config = join(temporaryDirectory(t), 'haproxy.cfg')
  const parts = SENDERS.map(
    (options, i) => `
  listen in${i}
    mode tcp
    bind 127.0.0.1:${ports[i]}
    unique-id-format %[uuid()]
    default-server check inter 200ms
    server eyeballd 127.0.0.1:${port} ${options}
`,
  )
  writeFileSync(config, DEFAULTS + parts.join(''))
  await startProgram(t, 'haproxy', ['-db', '-f', config], ports[0] ?? 0)
  for (const [i, options] of SENDERS.entries()) {
    const client = await openSocks(
      { host: '127.0.0.1', port: ports[i] ?? 0 },
      { localAddress: '127.0.0.9' },
    )
    t.equal(await client.greet(), 0, options)
    client.sendRequest(target.host, target.port)
    t.equal((await client.readReply()).code, 0, options)
    client.write('hello')
    t.equal((await client.read(5)).toString(), 'hello')
    const from = `127.0.0.9:${client.socket.localPort}`
    t.ok(await eyeballd.waitFor(line => line.event === 'race' && line['client'] === from), options)
    client.socket.end()
    await client.over
  }
  // Its health checks go on all the time, with LOCAL or with its own address.
  const checks = () => eyeballd.linesOf('rejected')
  t.ok(await eventually(() => checks().length >= 9))
  t.strictSame(
    new Set(checks().map(({ level }) => level)),
    new Set([20]),
    'none is worth a warning',
  )
  await eyeballd.stop(t)
})

t.test('HAProxy behind', { skip: unlessMissing('haproxy', 'curl') }, async t => {
  const [ipv4, ipv6] = [await freePort(), await freePort('::1')]
  const config = join(temporaryDirectory(t), 'haproxy.cfg')
  writeFileSync(
    config,
    `${DEFAULTS}
  frontend web
    mode http
    bind 127.0.0.1:${ipv4} accept-proxy
    bind [::1]:${ipv6} accept-proxy
    http-request return status 200 content-type text/plain lf-string "%[src] %[src_port] %[dst] %[dst_port]"
`,
  )
  await startProgram(t, 'haproxy', ['-db', '-f', config], ipv4)
  const forwards = ['127.0.0.1', '[::1]'].flatMap(host =>
    [1, 2].map(version => ({
      name: `${host.startsWith('[') ? 'ipv6' : 'ipv4'}-v${version}`,
      protocol: 'forward',
      listen: `${host}:0`,
      // Over the other family: the header has that of the client.
      target: host.startsWith('[') ? `127.0.0.1:${ipv4}` : `[::1]:${ipv6}`,
      egress: { proxyProtocol: version },
    })),
  )
  const eyeballd = await startEyeballd(t, { config: { listeners: forwards } })
  for (const { name } of forwards) {
    const { host, port } = eyeballd.address(name)
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}/`
    const { stdout } = await runProgram(t, 'curl', [
      '-sS',
      '--max-time',
      '10',
      '--write-out',
      ' %{local_port}',
      url,
    ])
    const [src, srcPort, dst, dstPort, localPort] = stdout.split(' ')
    t.strictSame([src, dst, dstPort], [host, host, String(port)], name)
    t.equal(srcPort, localPort, name)
  }
  await eyeballd.stop(t)
})
