/** Who may reach what, over the wire: rules, built-in denials, loops. */
import { networkInterfaces } from 'node:os'
import t from 'tap'
import { askSocks, openSocks } from '../fixtures/socks-client.ts'
import type { ProxyAddress } from '../fixtures/socks-client.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const target = await tcpTarget(t, echo)
const other = await tcpTarget(t, echo)

/** An address of this host that is not loopback: a client from there is a stranger. */
const outer = Object.values(networkInterfaces())
  .flatMap(entries => entries ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address

const codeOf = async (proxy: ProxyAddress, host: string, port: number): Promise<number> => {
  const { client, reply } = await askSocks(proxy, host, port)
  client.destroy()
  return reply.code
}

await t.test('rules: the first that matches the name or the address decides', async t => {
  const eyeballd = await startEyeballd(t, {
    config: {
      listeners: [
        { name: 'socks', protocol: 'socks', listen: '127.0.0.1:0' },
        {
          name: 'users',
          protocol: 'socks',
          listen: '127.0.0.1:0',
          auth: { users: { alice: 'one', bob: 'two' } },
        },
        {
          name: 'denied',
          protocol: 'forward',
          listen: '127.0.0.1:0',
          target: `127.0.0.2:${target.port}`,
        },
      ],
      resolver: {
        search: [],
        hosts: {
          'www.example.com': '127.0.0.1',
          'bad.example.com': '127.0.0.1',
          'one-of-two.example.com': ['127.0.0.2', '127.0.0.1'],
        },
      },
      access: [
        { action: 'allow', users: ['alice'], ports: [other.port] },
        { action: 'deny', to: ['bad.example.com', '*.bad.example.com'] },
        { action: 'deny', to: ['127.0.0.2'] },
        { action: 'deny', ports: [other.port] },
      ],
    },
  })
  const proxy = eyeballd.address('socks')
  t.equal(
    await codeOf(proxy, 'one-of-two.example.com', target.port),
    0,
    'a candidate that is denied leaves the race, the others run',
  )
  const race = await eyeballd.waitFor(
    line => line.event === 'race' && String(line['target']).startsWith('one-of-two'),
  )
  t.match(race['attempts'], [
    { address: '127.0.0.2', outcome: 'denied' },
    { address: '127.0.0.1', outcome: 'connected' },
  ])
  t.equal(race['hidden'], false, 'what is denied is no outage')
  t.equal(await codeOf(proxy, 'www.example.com', target.port), 0, 'what no rule matches')
  t.equal(await codeOf(proxy, 'bad.example.com', target.port), 2, 'by name')
  t.equal(await codeOf(proxy, 'BAD.example.com.', target.port), 2, 'in any case, with a dot')
  t.equal(await codeOf(proxy, '127.0.0.2', target.port), 2, 'by address')
  t.equal(await codeOf(proxy, '::ffff:127.0.0.2', target.port), 2, 'by its mapped form')
  t.equal(await codeOf(proxy, '64:ff9b::127.0.0.2', target.port), 2, 'by its NAT64 form')
  t.equal(await codeOf(proxy, '127.0.0.1', other.port), 2, 'by port')
  for (const [user, password, code] of [
    ['alice', 'one', 0],
    ['bob', 'two', 2],
  ] as const) {
    const client = await openSocks(eyeballd.address('users'))
    await client.greet([2])
    t.equal(await client.login(user, password), 0)
    client.sendRequest('127.0.0.1', other.port)
    t.equal((await client.readReply()).code, code, `by user: ${user}`)
    client.destroy()
  }
  // The reset may come before this side has seen that it is connected.
  const how = await openSocks(eyeballd.address('denied')).then(
    ({ over }) => over,
    (error: Error & { code?: string }) => error.code,
  )
  t.equal(how, 'ECONNRESET', 'a forward that is denied is reset')
  const rejected = eyeballd.linesOf('rejected')
  t.ok(rejected.every(({ reason }) => reason === 'access'))
  const messageFor = (host: string): unknown =>
    rejected.find(line => line['target'] === `${host}:${target.port}`)?.msg
  t.match(messageFor('bad.example.com'), /: denied by access rule 2$/, 'before the lookup')
  t.match(messageFor('127.0.0.2'), /127\.0\.0\.2 is denied by access rule 3$/, 'by the address')
  t.equal(target.sockets.length + other.sockets.length, 3, 'nobody reached what was denied')
  await eyeballd.stop(t)
})

await t.test('the daemon is never its own target', async t => {
  const eyeballd = await startEyeballd(t, {
    config: {
      listeners: [
        { name: 'socks', protocol: 'socks', listen: '127.0.0.1:0' },
        { name: 'wild', protocol: 'socks', listen: '0.0.0.0:0', clients: ['127.0.0.0/8'] },
      ],
      resolver: { search: [], hosts: { 'myself.example.com': '127.0.0.1' } },
      access: [{ action: 'allow', to: ['loopback'] }],
    },
  })
  const proxy = eyeballd.address('socks')
  const wild = eyeballd.address('wild').port
  const targets = [
    ...['127.0.0.1', '::ffff:127.0.0.1', 'localhost', 'myself.example.com', '0.0.0.0'].map(
      host => [host, proxy.port] as const,
    ),
    ...['127.0.0.1', '127.9.9.9', '0.0.0.0', ...(outer === undefined ? [] : [outer])].map(
      host => [host, wild] as const,
    ),
  ]
  for (const [host, port] of targets) {
    const before = eyeballd.lines.length
    const code = await codeOf(proxy, host, port)
    const line = await eyeballd.waitFor(found => eyeballd.lines.indexOf(found) >= before)
    t.ok(code > 0, `${host}:${port}: reply ${code}`)
    // Where the name has another address too, and that one is refused, it was a race.
    const text = JSON.stringify(line)
    t.match(
      text,
      line.event === 'race' ? 'ERR_LOOP' : '"reason":"loop"',
      `${host}:${port} is a loop`,
    )
  }
  t.equal(
    await codeOf(proxy, '127.0.0.1', target.port),
    0,
    'another port of the same address is none',
  )
  await eyeballd.stop(t)
})

const onlyLoopback = outer === undefined && 'this host has no address but loopback'

await t.test('a listener beyond loopback', { skip: onlyLoopback }, async t => {
  const eyeballd = await startEyeballd(t, {
    config: {
      listeners: [
        { name: 'open', protocol: 'socks', listen: `${outer}:0`, open: true },
        { name: 'closed', protocol: 'socks', listen: `${outer}:0`, clients: ['203.0.113.7'] },
      ],
      resolver: { search: [], hosts: { 'local.example.com': ['127.0.0.1', '::1'] } },
      access: [{ action: 'allow', to: ['local.example.com'], ports: [target.port] }],
    },
  })
  const stranger = eyeballd.address('open')
  const denied = [
    '127.0.0.1',
    '::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    '0.0.0.0',
    '::',
    '169.254.169.254',
    'fe80::1',
    '224.0.0.1',
    'localhost',
    'local.example.com',
  ]
  for (const host of denied) {
    t.equal(await codeOf(stranger, host, target.port), 2, `${host} is denied to a stranger`)
  }
  await eyeballd.waitFor(({ msg }) => msg.endsWith('169.254.169.254 is denied by a built-in rule'))
  const closed = eyeballd.address('closed')
  t.equal(await codeOf(closed, target.host, target.port), 2, 'who is not among the clients')
  await eyeballd.waitFor(({ listener, reason }) => listener === 'closed' && reason === 'access')
  await eyeballd.stop(t)
})
