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

t.test('nothing at all is the defaults', async t => {
  const config = parseConfig('', 'f')
  t.match(config.listeners, [
    {
      name: 'socks-1080',
      protocol: 'socks',
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
  t.same(parseConfig('{}', 'f'), config)
  t.same(parseConfig('# only words\n', 'f'), config)
})

t.test('the small file of the manual', async t => {
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

/** Every bad input has one named outcome: the text, the place and path it is told at, and what is said. */
const BAD: readonly (readonly [text: string, where: string, message: RegExp])[] = [
  // The whole.
  ['- a', '1:1: found a list', /allowed: a mapping with listeners, access/],
  ['text', '1:1: found "text"', /allowed: a mapping/],
  [
    'listener: []',
    '1:1: listener: is not a key here; did you mean "listeners"?',
    /allowed: listeners, access/,
  ],
  ['admin: { listen: "127.0.0.1:1" }', '1:1: admin: is not a key here', /allowed/],
  ['pipe: { engine: auto }', '1:9: pipe.engine: is not a key here', /idleTimeout/],
  ['pipe:', '1:1: pipe: found nothing', /a mapping with idleTimeout/],
  // Listeners.
  ['listeners: []', '1:12: listeners: found an empty list', /at least one/],
  ['listeners: {}', '1:12: listeners: found a mapping', /a list of listeners/],
  ['listeners: [5]', '1:13: listeners[0]: found 5', /a mapping with name, protocol/],
  [
    listeners('{}'),
    '2:5: listeners[0].protocol: is missing',
    /socks, forward[^]*listeners\[0\].listen: is missing/,
  ],
  [
    listeners('{ protocol: sock, listen: 127.0.0.1:1 }'),
    '2:17: listeners[0].protocol: found "sock"',
    /did you mean "socks"/,
  ],
  [
    listeners('{ protocol: http, listen: 127.0.0.1:1 }'),
    '2:17: listeners[0].protocol: found "http"',
    /socks, forward/,
  ],
  [
    listeners('{ protocol: socks, listen: [::1]:1080 }'),
    '2:37: found an address with brackets',
    /in quotes/,
  ],
  [
    listeners('{ protocol: socks, listen: 1080 }'),
    '2:32: listeners[0].listen: found 1080',
    /host:port/,
  ],
  [
    listeners('{ protocol: socks, listen: [] }'),
    '2:32: listeners[0].listen: found an empty list',
    /at least one/,
  ],
  [
    listeners('{ protocol: socks, listen: ["127.0.0.1:1", 5] }'),
    '2:48: listeners[0].listen[1]: found 5',
    /host:port/,
  ],
  [
    listeners('{ protocol: socks, listen: 127.0.0.1:65536 }'),
    '2:32: listeners[0].listen: "127.0.0.1:65536"',
    /65535/,
  ],
  [
    listeners('{ protocol: socks, listen: example.com:1 }'),
    '2:32: listeners[0].listen: "example.com:1"',
    /IP address/,
  ],
  [
    listeners('{ protocol: socks, listen: unix:relative }'),
    '2:32: listeners[0].listen: "unix:relative"',
    /absolute/,
  ],
  [
    listeners('{ protocol: socks, listen: systemd:a }'),
    '2:32: listeners[0].listen: "systemd:a"',
    /not an address/,
  ],
  [
    listeners('{ protocol: socks, listen: 0.0.0.0:1 }'),
    '2:32: listeners[0].listen: found 0.0.0.0:1',
    /loopback.*auth.*clients.*open: true/,
  ],
  [
    listeners('{ protocol: socks, listen: [127.0.0.1:1, "[::]:1"] }'),
    '2:32: listeners[0].listen: found [::]:1',
    /auth/,
  ],
  [
    listeners('{ protocol: forward, target: "h:1", listen: 192.0.2.1:1 }'),
    '2:49: listeners[0].listen: found 192.0.2.1:1',
    /clients.*open: true/,
  ],
  [
    listeners('{ protocol: forward, listen: 127.0.0.1:1 }'),
    '2:5: listeners[0].target: is missing',
    /forward needs/,
  ],
  [
    listeners('{ protocol: socks, listen: 127.0.0.1:1, target: "h:1" }'),
    '2:45: listeners[0].target: is not allowed',
    /socks/,
  ],
  [
    listeners('{ protocol: forward, listen: 127.0.0.1:1, target: "h" }'),
    '2:55: listeners[0].target: "h" is not',
    /host:port/,
  ],
  [
    listeners('{ protocol: forward, listen: 127.0.0.1:1, target: "h:0" }'),
    '2:55: listeners[0].target: "h:0" has port 0',
    /1 to 65535/,
  ],
  [
    listeners('{ protocol: forward, listen: 127.0.0.1:1, target: "127.1:80" }'),
    '2:55: listeners[0].target: "127.1"',
    /not a name/,
  ],
  [
    listeners(
      '{ protocol: forward, listen: 127.0.0.1:1, target: "h:1", auth: { users: { a: b } } }',
    ),
    '2:62: listeners[0].auth: is not allowed',
    /cannot ask for a login/,
  ],
  [
    listeners('{ protocol: socks, listen: 127.0.0.1:1, mode: "0600" }'),
    '2:45: listeners[0].mode: is not allowed',
    /UNIX socket/,
  ],
  [
    listeners('{ protocol: socks, listen: 127.0.0.1:1, group: staff }'),
    '2:45: listeners[0].group: is not allowed',
    /UNIX socket/,
  ],
  [
    listeners('{ protocol: socks, listen: unix:/a, mode: 1777 }'),
    '2:47: listeners[0].mode: found 1777',
    /octal/,
  ],
  [
    listeners('{ protocol: socks, listen: unix:/a, mode: rw }'),
    '2:47: listeners[0].mode: found "rw"',
    /octal/,
  ],
  [
    listeners('{ protocol: socks, listen: unix:/a, mode: [1] }'),
    '2:47: listeners[0].mode: found a list',
    /octal/,
  ],
  [
    listeners('{ protocol: socks, listen: unix:/a, group: "a b" }'),
    '2:48: listeners[0].group: found "a b"',
    /name or number/,
  ],
  [
    listeners('{ protocol: socks, listen: 127.0.0.1:1, name: "a b" }'),
    '2:51: listeners[0].name: found "a b"',
    /letters/,
  ],
  [
    listeners('{ protocol: socks, listen: 127.0.0.1:1, clients: [] }'),
    '2:54: listeners[0].clients: found an empty list',
    /leave the key out/,
  ],
  [
    listeners('{ protocol: socks, listen: 127.0.0.1:1, clients: [192.0.2.0/33] }'),
    '2:55: listeners[0].clients[0]: found "192.0.2.0/33"',
    /prefix/,
  ],
  [
    listeners('{ protocol: socks, listen: 127.0.0.1:1, open: "yes" }'),
    '2:51: listeners[0].open: found "yes"',
    /true, false/,
  ],
  [
    listeners(LISTENER, LISTENER),
    '3:32: listeners[1].listen: found 127.0.0.1:1080 for the second time',
    /listeners\[0\] has it/,
  ],
  [
    listeners('{ protocol: socks, listen: ["[::1]:1", "[0::1]:1"] }'),
    '2:44: listeners[0].listen[1]: found [::1]:1 for the second time',
    /has it/,
  ],
  [
    listeners(
      '{ name: a, protocol: socks, listen: 127.0.0.1:1 }',
      '{ name: a, protocol: socks, listen: 127.0.0.1:2 }',
    ),
    '3:13: listeners[1].name: found "a" for the second time',
    /unique/,
  ],
  // Logins.
  [
    listeners('{ protocol: socks, listen: 127.0.0.1:1, auth: {} }'),
    '2:51: listeners[0].auth: found no users',
    /usersFile/,
  ],
  [
    listeners('{ protocol: socks, listen: 127.0.0.1:1, auth: { users: {} } }'),
    '2:51: listeners[0].auth: found no users',
    /usersFile/,
  ],
  [
    listeners('{ protocol: socks, listen: 127.0.0.1:1, auth: { users: [a] } }'),
    '2:60: listeners[0].auth.users: found a list',
    /mapping of names/,
  ],
  [
    listeners('{ protocol: socks, listen: 127.0.0.1:1, auth: { users: { a: 5 } } }'),
    '2:65: listeners[0].auth.users.a: found a number',
    /in quotes/,
  ],
  [
    listeners('{ protocol: socks, listen: 127.0.0.1:1, auth: { users: { a: "" } } }'),
    '2:65: listeners[0].auth.users.a: found a password of 0 bytes',
    /255/,
  ],
  [
    listeners('{ protocol: socks, listen: 127.0.0.1:1, auth: { users: { "": x } } }'),
    '2:62: listeners[0].auth.users[""]: found a user\'s name of 0 bytes',
    /255/,
  ],
  [
    listeners('{ protocol: socks, listen: 127.0.0.1:1, auth: { users: { a: $scrypt$x } } }'),
    '2:65: listeners[0].auth.users.a: found a damaged',
    /hash-password/,
  ],
  [
    listeners('{ protocol: socks, listen: 127.0.0.1:1, auth: { usersFile: "" } }'),
    '2:64: listeners[0].auth.usersFile: found ""',
    /path/,
  ],
  [
    listeners('{ protocol: socks, listen: 127.0.0.1:1, auth: { usersFile: u } }'),
    '2:64: listeners[0].auth.usersFile: u cannot be read',
    /./,
  ],
  // Access.
  ['access: [{ action: alow }]', '1:20: access[0].action: found "alow"', /did you mean "allow"/],
  ['access: [{ action: deny, to: [127.1] }]', '1:31: access[0].to[0]: found 127.1', /private/],
  ['access: [{ action: deny, to: ["*.a..b"] }]', '1:31: access[0].to[0]: found "*.a..b"', /suffix/],
  [
    'access: [{ action: deny, to: [] }]',
    '1:30: access[0].to: found an empty list',
    /leave the key out/,
  ],
  ['access: [{ action: deny, ports: [0] }]', '1:34: access[0].ports[0]: found 0', /1 to 65535/],
  ['access: [{ action: deny, ports: [9-8] }]', '1:34: access[0].ports[0]: found "9-8"', /range/],
  ['access: [{ action: deny, users: [""] }]', '1:34: access[0].users[0]: found ""', /name/],
  ['access: [{ action: deny, clients: [a] }]', '1:36: access[0].clients[0]: found "a"', /prefix/],
  // Resolver.
  ['resolver: { mode: dsn }', '1:19: resolver.mode: found "dsn"', /did you mean "dns"/],
  ['resolver: { servers: [] }', '1:22: resolver.servers: found an empty list', /system/],
  ['resolver: { servers: ["a:53"] }', '1:23: resolver.servers[0]: found "a:53"', /DNS server/],
  ['resolver: { servers: ["192.0.2.1:0"] }', '1:23: resolver.servers[0]: "192.0.2.1:0"', /port 0/],
  ['resolver: { hosts: { a: [b] } }', '1:26: resolver.hosts.a[0]: found "b"', /IPv4 or IPv6/],
  [
    'resolver: { hosts: { a..b: [192.0.2.1] } }',
    '1:22: resolver.hosts["a..b"]: "a..b"',
    /not a name/,
  ],
  ['resolver: { search: [a b] }', '1:22: resolver.search[0]: "a b"', /not a name/],
  ['resolver: { timeout: 0 }', '1:22: resolver.timeout: found 0; allowed: 1ms or more', /./],
  ['resolver: { attempts: 0 }', '1:23: resolver.attempts: found 0', /1 to 10/],
  ['resolver: { attempts: 1.5 }', '1:23: resolver.attempts: found 1.5', /whole number/],
  [
    'resolver: { ipv4: false, ipv6: false }',
    '1:32: resolver.ipv6: found false for both',
    /at least one/,
  ],
  [
    'resolver: { cache: { minTtl: 2h } }',
    '1:30: resolver.cache.minTtl: found 2h',
    /at most maxTtl, 1h/,
  ],
  [
    'resolver: { cache: { maxEntries: .inf } }',
    '1:34: resolver.cache.maxEntries: found Infinity',
    /whole number/,
  ],
  // Eyeballs.
  [
    'eyeballs: { resolutionDelay: 5 parsecs }',
    '1:30: eyeballs.resolutionDelay: "5 parsecs" is not a duration',
    /250ms/,
  ],
  [
    'eyeballs: { resolutionDelay: -5 }',
    '1:30: eyeballs.resolutionDelay: "-5" is not a duration',
    /250ms/,
  ],
  [
    'eyeballs: { minimumConnectionAttemptDelay: 9ms }',
    '1:44: eyeballs.minimumConnectionAttemptDelay: found "9ms"; allowed: 10ms or more',
    /RFC 8305/,
  ],
  [
    'eyeballs: { connectionAttemptDelay: 99ms }',
    '1:37: eyeballs.connectionAttemptDelay: found 99ms; allowed: 100ms to 2s',
    /minimum/,
  ],
  [
    'eyeballs: { connectionAttemptDelay: 3s }',
    '1:37: eyeballs.connectionAttemptDelay: found 3s; allowed: 100ms to 2s',
    /maximum/,
  ],
  [
    'eyeballs: { minimumConnectionAttemptDelay: 3s }',
    '1:44: eyeballs.minimumConnectionAttemptDelay: found 3s',
    /at most maximumConnectionAttemptDelay, 2s/,
  ],
  [
    'eyeballs: { attemptTimeout: 0 }',
    '1:29: eyeballs.attemptTimeout: found 0',
    /1ms or more; or off/,
  ],
  ['eyeballs: { attemptTimeout: never }', '1:29: eyeballs.attemptTimeout: "never"', /duration/],
  ['eyeballs: { preferredFamily: 5 }', '1:30: eyeballs.preferredFamily: found 5', /auto, 6, 4/],
  [
    'eyeballs: { maxConcurrentAttempts: 65 }',
    '1:36: eyeballs.maxConcurrentAttempts: found 65',
    /1 to 64/,
  ],
  // The rest.
  ['limits: { maxConnections: 0 }', '1:27: limits.maxConnections: found 0', /from 1/],
  ['limits: { handshakeTimeout: 0 }', '1:29: limits.handshakeTimeout: found 0', /1ms/],
  ['pipe: { idleTimeout: 30d }', '1:22: pipe.idleTimeout: "30d"', /duration/],
  ['log: { level: verbose }', '1:15: log.level: found "verbose"', /trace, debug/],
  ['log: { redact: ["a b"] }', '1:17: log.redact[0]: found "a b"', /field/],
  ['drainTimeout: 1000h', '1:15: drainTimeout: "1000h" is too long', /24 days/],
]

t.test('every bad input has a named outcome', async t => {
  for (const [text, where, message] of BAD) {
    const found = messageOf(text)
    t.ok(found.startsWith(`f.yaml:${where}`), `${text.slice(0, 70)} => ${found}`)
    t.match(found, message)
  }
})

t.test('all mistakes are told at once, in the order of the file', async t => {
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
  t.same(
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

t.test('no message holds a password', async t => {
  const texts = [
    listeners('{ protocol: socks, listen: 127.0.0.1:1, auth: { users: { a: [hunter2] } } }'),
    listeners('{ protocol: socks, listen: 127.0.0.1:1, auth: { users: hunter2 } }'),
    listeners('{ protocol: socks, listen: 127.0.0.1:1, auth: { users: { a: *hunter2 } } }'),
    listeners('{ protocol: socks, listen: 127.0.0.1:1, auth: { users: { a: "hunter2 } } }'),
    listeners(
      `{ protocol: socks, listen: 127.0.0.1:1, auth: { users: { a: ${'hunter2'.repeat(50)} } } }`,
    ),
    listeners('{ protocol: socks, listen: 127.0.0.1:1, auth: hunter2 }'),
  ]
  for (const text of texts) {
    t.not(messageOf(text), 'no error')
    t.notMatch(messageOf(text), /hunter2/, text.slice(0, 80))
  }
})

t.test('listeners beyond loopback are fine with a guard', async t => {
  const guards = ['auth: { users: { a: b } }', 'clients: [192.0.2.0/24]', 'open: true']
  for (const guard of guards) {
    t.doesNotThrow(() =>
      parseConfig(listeners(`{ protocol: socks, listen: 0.0.0.0:1, ${guard} }`), 'f'),
    )
  }
  t.doesNotThrow(() => parseConfig(listeners('{ protocol: socks, listen: unix:/a }'), 'f'))
})

t.test('JSON is read too', async t => {
  const json = JSON.stringify({ log: { level: 'debug' }, drainTimeout: 5 }, null, '\t')
  t.match(parseConfig(json, 'f.json'), { log: { level: 'debug' }, drainTimeoutMs: 5 })
})

t.test('flags and variables beat the file, and mistakes name them', async t => {
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

t.test('users files are read by who can', async t => {
  const text = listeners('{ protocol: socks, listen: 127.0.0.1:1, auth: { usersFile: u } }')
  const config = parseConfig(text, 'f', { readUsersFile: () => 'a:b' })
  const [listener] = config.listeners
  t.same(listener?.protocol === 'socks' && [...(listener.users ?? [])], [['a', 'b']])
  t.throws(() => parseConfig(text, 'f', { readUsersFile: () => 'hunter2' }), {
    message: 'u:1: found a line without a colon; allowed: name:password',
  })
})

t.test('syntax errors and flag errors come together', async t => {
  const overrides = readOverrides({ forward: ['x'] }, {})
  t.throws(() => parseConfig('a: "', 'f', { overrides }), {
    message: /^f:1:5: .*\n--forward: "x" is not/,
  })
})
