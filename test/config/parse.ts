import { readFileSync } from 'node:fs'
import t from 'tap'
import { readOverrides } from '../../src/config/overrides.ts'
import { parseConfig } from '../../src/config/parse.ts'

const LISTENER = '{ protocol: socks, listen: 127.0.0.1:1080 }'
const listeners = (...texts: readonly string[]): string =>
  `listeners:\n${texts.map(text => `  - ${text}\n`).join('')}`

const messageOf = (text: string): string => {
  try {
    parseConfig(text, 'f.yaml')
  } catch (error) {
    return (error as Error).message
  }
  return 'no error'
}

t.test('an empty text means the defaults', async t => {
  const config = parseConfig('', 'f')
  t.match(config.listeners, [
    {
      name: 'mixed-1080',
      protocol: 'mixed',
      listen: [
        { type: 'tcp', host: '127.0.0.1', port: 1080 },
        { type: 'tcp', host: '::1', port: 1080 },
      ],
      optionalAddresses: true,
      mode: 0o600,
      group: null,
      clients: null,
      open: false,
      users: null,
    },
  ])
  t.equal(config.listeners.length, 1)
  t.equal(config.eyeballs.connectionAttemptDelayMs, 250)
  t.strictSame(parseConfig('{}', 'f'), config)
  t.strictSame(parseConfig('# only words\n', 'f'), config)
})

t.test('a file with two listeners', async t => {
  const config = parseConfig(
    listeners(
      LISTENER,
      '{ protocol: forward, listen: 127.0.0.1:5432, target: db.example.com:5432 }',
    ),
    'f',
  )
  t.match(config.listeners, [
    { name: 'socks-1080', optionalAddresses: false },
    { name: 'forward-5432', target: [{ host: 'db.example.com', port: 5432 }] },
  ])
})

t.test('a port alone is on both loopback addresses', async t => {
  for (const port of ['1080', '"1080"', ':1080', 'localhost:1080']) {
    t.strictSame(
      parseConfig(listeners(`{ protocol: mixed, listen: ${port} }`), 'f').listeners,
      parseConfig('', 'f').listeners,
      port,
    )
  }
  const [all] = parseConfig(
    listeners('{ protocol: socks, listen: "*:1080", open: true }'),
    'f',
  ).listeners
  t.match(all, { optionalAddresses: true, listen: [{ host: '0.0.0.0' }, { host: '::' }] })
})

/** Every bad input has one named outcome: its text, where the first message begins, and what the messages say. */
const BAD = readFileSync(new URL('../fixtures/bad-configurations.txt', import.meta.url), 'utf8')
  .split('\n\n')
  .slice(1)
  .map(block => /^(.*)\n! (.*)\n~ (.*)$/s.exec(block.trimEnd()) ?? [])

t.test('each wrong configuration has its message', async t => {
  t.ok(BAD.length > 70)
  for (const [, text = '', where = '', message = ''] of BAD) {
    const found = messageOf(text)
    t.ok(found.startsWith(`f.yaml:${where}`), `${text.slice(0, 70)} => ${found}`)
    t.match(found, new RegExp(message))
  }
})

t.test('all mistakes are reported at once, in the order of the file', async t => {
  const text = [
    'listeners:',
    '  - protocol: socks',
    '    lisen: 0.0.0.0:1',
    '  - protocol: forward',
    '    listen: 0.0.0.0:2',
    'eyeballs: { connectionAttemptDelay: 1ms, maxConcurrentAttempts: x }',
    'log: { levl: info }',
  ].join('\n')
  const lines = messageOf(text).split('\n')
  t.strictSame(
    lines.map(line => line.split(': ').slice(0, 2).join(' ')),
    [
      'f.yaml:2:5 listeners[0].listen',
      'f.yaml:3:5 listeners[0].lisen',
      'f.yaml:4:5 listeners[1].target',
      'f.yaml:5:13 listeners[1].listen',
      'f.yaml:6:37 eyeballs.connectionAttemptDelay',
      'f.yaml:6:65 eyeballs.maxConcurrentAttempts',
      'f.yaml:7:8 log.levl',
    ],
  )
})

t.test('no message contains a password', async t => {
  const texts = [
    listeners('{ protocol: socks, listen: 127.0.0.1:1, auth: { users: { a: [hunter2] } } }'),
    listeners('{ protocol: socks, listen: 127.0.0.1:1, auth: { users: hunter2 } }'),
    listeners('{ protocol: socks, listen: 127.0.0.1:1, auth: { users: { a: *hunter2 } } }'),
    listeners('{ protocol: socks, listen: 127.0.0.1:1, auth: { users: { a: "hunter2 } } }'),
    listeners(
      `{ protocol: socks, listen: 127.0.0.1:1, auth: { users: { a: ${'hunter2'.repeat(50)} } } }`,
    ),
    listeners('{ protocol: socks, listen: 127.0.0.1:1, auth: hunter2 }'),
    listeners('{ protocol: socks, listen: 127.0.0.1:1, auth: { alice:hunter2 } }'),
    listeners('{ protocol: socks, listen: 127.0.0.1:1, auth: { users: { alice:hunter2 } } }'),
  ]
  for (const text of texts) {
    t.not(messageOf(text), 'no error')
    t.notMatch(messageOf(text), /hunter2/, text.slice(0, 80))
  }
})

t.test('a listener beyond loopback needs auth, clients or open', async t => {
  const guards = ['auth: { users: { a: b } }', 'clients: [192.0.2.0/24]', 'open: true']
  for (const guard of guards) {
    t.doesNotThrow(() =>
      parseConfig(listeners(`{ protocol: socks, listen: 0.0.0.0:1, ${guard} }`), 'f'),
    )
  }
  t.doesNotThrow(() => parseConfig(listeners('{ protocol: socks, listen: unix:/a }'), 'f'))
})

t.test('JSON is accepted', async t => {
  const json = JSON.stringify({ log: { level: 'debug' }, drainTimeout: '5ms' }, null, '\t')
  t.match(parseConfig(json, 'f.json'), { log: { level: 'debug' }, drainTimeoutMs: 5 })
})

t.test('mistakes in flags and variables name the flag or variable', async t => {
  const overrides = readOverrides(
    { 'log-level': 'loud', listen: ['0.0.0.0:1', '0.0.0.0:2'], clients: ['x'] },
    { EYEBALLD_CONNECTION_ATTEMPT_DELAY: '5ms', EYEBALLD_DNS: 'a' },
  )
  try {
    parseConfig('drainTimeout: x', 'f', { overrides })
    t.fail('expected to throw')
  } catch (error) {
    const lines = (error as Error).message.split('\n')
    t.match(
      lines.find(line => line.startsWith('--log-level: ')),
      /found "loud"; allowed: trace/,
    )
    t.equal(
      lines.filter(line => line.startsWith('--clients: ')).length,
      1,
      'once, not per listener',
    )
    t.match(
      lines.find(line => line.startsWith('EYEBALLD_CONNECTION_ATTEMPT_DELAY: ')),
      /found 5ms; allowed: 100ms to 2s/,
    )
    t.match(
      lines.find(line => line.startsWith('EYEBALLD_DNS: ')),
      /found "a"/,
    )
    t.match(
      lines.find(line => line.startsWith('f:1:15: drainTimeout: ')),
      /"x"/,
    )
  }
})

t.test('users files are read by the given function', async t => {
  const text = listeners('{ protocol: socks, listen: 127.0.0.1:1, auth: { usersFile: u } }')
  const config = parseConfig(text, 'f', { readUsersFile: () => 'a:b' })
  const [listener] = config.listeners
  t.strictSame(listener?.protocol === 'socks' && [...(listener.users ?? [])], [['a', 'b']])
  t.throws(() => parseConfig(text, 'f', { readUsersFile: () => 'hunter2' }), {
    message: 'u:1: found a line without a colon; allowed: name:password',
  })
})

t.test('syntax errors and flag errors are reported together', async t => {
  const overrides = readOverrides({ forward: ['x'] }, {})
  t.throws(() => parseConfig('a: "', 'f', { overrides }), {
    message: /^f:1:5: .*\n--forward: "x" is not/,
  })
})

t.test('an empty text is rejected unless mayBeEmpty', async t => {
  const overrides = readOverrides({ 'log-level': 'warn' }, {})
  for (const text of ['', ' \n\t\n', '# listeners:\n', '---\n', '---\n...\n', 'null\n', '~']) {
    t.equal(parseConfig(text, 'f').drainTimeoutMs, 30_000, JSON.stringify(text))
    for (const options of [{}, { overrides }])
      t.throws(
        () => parseConfig(text, 'f', { ...options, mayBeEmpty: false }),
        { code: 'ERR_CONFIG', message: /^f: is empty: .*; allowed on a reload: at least one key/ },
        JSON.stringify(text),
      )
  }
  t.equal(parseConfig('{}', 'f', { mayBeEmpty: false }).drainTimeoutMs, 30_000)
})

const load = (value: object) => parseConfig(JSON.stringify(value), 'f')

t.test('durations become milliseconds, texts become values', async t => {
  const config = load({
    resolver: {
      servers: ['192.0.2.1'],
      search: ['Example.COM.'],
      hosts: { 'A.example.': ['2001:DB8::1', '192.0.2.1'], b: '192.0.2.2' },
      cache: { maxTtl: '5m' },
      nat64: '64:FF9B::192.0.2.1/96',
    },
    eyeballs: { attemptTimeout: '5s', preferredFamily: '6', connectionAttemptDelay: '300ms' },
    egress: { keepAlive: { idle: '90s', interval: '1500ms' } },
    pipe: { idleTimeout: '1h', engine: 'stream', workers: 3 },
    limits: { handshakeTimeout: '3s' },
    processes: 4,
    drainTimeout: 0,
  })
  t.match(config, {
    resolver: {
      servers: [{ host: '192.0.2.1', port: 53 }],
      search: ['example.com'],
      cache: { maxTtlMs: 300_000 },
      nat64: '64:ff9b::/96',
    },
    eyeballs: { attemptTimeoutMs: 5000, preferredFamily: 6, connectionAttemptDelayMs: 300 },
    egress: { keepAlive: { idleMs: 90_000, intervalMs: 2000, count: 4 } },
    pipe: { idleTimeoutMs: 3_600_000, engine: 'stream', workers: 3 },
    limits: { handshakeTimeoutMs: 3000 },
    processes: 4,
    drainTimeoutMs: 0,
  })
  t.strictSame(
    [...config.resolver.hosts],
    [
      ['a.example', ['2001:db8::1', '192.0.2.1']],
      ['b', ['192.0.2.2']],
    ],
  )
})

t.test('the admin endpoint is off, or has addresses', async t => {
  t.strictSame(load({}).admin, {
    listen: [],
    optionalAddresses: false,
    token: null,
    tokenFile: null,
    raceHistory: 200,
  })
  const listen = [
    { type: 'tcp', host: '127.0.0.1', port: 9 },
    { type: 'tcp', host: '::1', port: 9 },
  ]
  const admin = { listen: 'localhost:9', token: 'secret', raceHistory: 0 }
  const loaded = { ...admin, tokenFile: null, listen, optionalAddresses: true }
  t.strictSame(load({ admin }).admin, loaded)
})

t.test('system and off are null', async t => {
  const { resolver, eyeballs } = load({})
  t.match([resolver.servers, resolver.search, eyeballs.attemptTimeoutMs], [null, null, null])
  t.equal(load({ egress: { keepAlive: 'off' } }).egress.keepAlive, null)
  t.same(load({ egress: { keepAlive: 'on' } }).egress, load({}).egress, 'on is the default')
  t.equal(eyeballs.preferredFamily, 'auto')
  t.equal(load({ eyeballs: { preferredFamily: 4 } }).eyeballs.preferredFamily, 4)
})
