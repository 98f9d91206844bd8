import t from 'tap'
import { variableOf } from '../../src/config/flags.ts'
import { applyOverrides, overriddenAt, readOverrides } from '../../src/config/overrides.ts'
import { parseConfig } from '../../src/config/parse.ts'

const parse = (...[flags, env]: Parameters<typeof readOverrides>) =>
  parseConfig(
    'listeners: [{ protocol: socks, listen: 127.0.0.1:9 }]\nlog: { level: warn, races: none }\n',
    'f',
    { overrides: readOverrides(flags, env) },
  )

t.test('flags override the environment, which overrides the file', async t => {
  t.match(parse({}, {}).log, { level: 'warn', races: 'none' })
  t.match(parse({}, { EYEBALLD_LOG_LEVEL: 'error' }).log, { level: 'error', races: 'none' })
  t.equal(parse({ 'log-level': 'debug' }, { EYEBALLD_LOG_LEVEL: 'error' }).log.level, 'debug')
  t.equal(parse({}, { EYEBALLD_LOG_LEVEL: ' ' }).log.level, 'warn', 'an empty one is not set')
})

t.test('each flag sets its key', async t => {
  const config = parse(
    { dns: ['192.0.2.1'], 'log-format': 'json', 'connect-timeout': '3s' },
    {
      EYEBALLD_CONNECTION_ATTEMPT_DELAY: '300ms',
      EYEBALLD_RESOLUTION_DELAY: '40ms',
      EYEBALLD_DRAIN_TIMEOUT: '1m',
      EYEBALLD_ADMIN: 'unix:/run/a.sock',
    },
  )
  t.match(config, {
    resolver: { servers: [{ host: '192.0.2.1', port: 53 }] },
    log: { format: 'json', races: 'none' },
    eyeballs: { connectionAttemptDelayMs: 300, resolutionDelayMs: 40, connectTimeoutMs: 3000 },
    admin: { listen: [{ type: 'unix', path: '/run/a.sock' }] },
    drainTimeoutMs: 60_000,
  })
  t.equal(variableOf('log-level'), 'EYEBALLD_LOG_LEVEL')
})

t.test('-l and -L replace the listeners of the file', async t => {
  const both = parse({ listen: ['127.0.0.1:1', '[::1]:1'], forward: ['5:h:6'] }, {})
  t.match(both.listeners, [
    { protocol: 'mixed', listen: [{ host: '127.0.0.1' }], optionalAddresses: false },
    { protocol: 'mixed', listen: [{ host: '::1' }] },
    {
      protocol: 'forward',
      listen: [{ host: '127.0.0.1' }, { host: '::1' }],
      optionalAddresses: true,
      target: [{ host: 'h', port: 6 }],
    },
  ])
  t.equal(both.listeners.length, 3)
  const alone = parse({ forward: ['5:h:6'] }, {})
  t.equal(alone.listeners.length, 1, '-L alone opens no SOCKS listener')
  const lists = parse(
    {},
    { EYEBALLD_LISTEN: '127.0.0.1:1, 127.0.0.1:2,', EYEBALLD_FORWARD: '5:h:6' },
  )
  t.equal(lists.listeners.length, 3, 'a variable is split on commas')
})

t.test('--clients and --open apply to listeners of -l and -L', async t => {
  const guarded = parse({ listen: ['0.0.0.0:1'], clients: ['192.0.2.0/24'] }, {})
  t.equal(guarded.listeners[0]?.clients?.length, 1)
  for (const text of ['true', '1', 'TRUE']) {
    t.equal(parse({ listen: ['0.0.0.0:1'] }, { EYEBALLD_OPEN: text }).listeners[0]?.open, true)
  }
  t.equal(parse({ open: false }, { EYEBALLD_OPEN: '1' }).listeners[0]?.open, false)
  t.equal(parse({}, { EYEBALLD_OPEN: '0' }).listeners[0]?.open, false)
})

t.test('other EYEBALLD_ variables are ignored', async t => {
  const env = {
    EYEBALLD_PORT: 'tcp://192.0.2.1:1080',
    EYEBALLD_SERVICE_HOST: '192.0.2.1',
    EYEBALLD_PORT_1080_TCP_ADDR: '192.0.2.1',
    EYEBALLD_NONSENSE: 'x',
  }
  t.strictSame(readOverrides({}, env), { entries: [], problems: [] })
})

t.test('each wrong flag and variable has its message', async t => {
  const cases: readonly (readonly [...Parameters<typeof readOverrides>, string, RegExp])[] = [
    [{ listen: ['x'] }, {}, '--listen: "x" is not an address', /host:port/],
    [{ listen: [''] }, {}, '--listen: "" is not an address', /host:port/],
    [{ listen: ['0.0.0.0:1'] }, {}, '--listen: found 0.0.0.0:1', /--clients.*--open/],
    [{ listen: ['127.0.0.1:1', '127.0.0.1:1'] }, {}, '--listen: found 127.0.0.1:1 for', /second/],
    [{ forward: ['1:h:2', '1:h:3'] }, {}, '--forward: found 127.0.0.1:1 for', /second/],
    [{ forward: ['x'] }, {}, '--forward: "x" is not a forward', /\[BIND:\]PORT/],
    [{ forward: ['*:1:h:2'] }, {}, '--forward: found 0.0.0.0:1', /--open/],
    [{ listen: ['/run/x'] }, {}, '--listen: "/run/x" is not', /did you mean unix:\/run\/x\?/],
    [{ admin: '/run/x' }, {}, '--admin: "/run/x" is not', /did you mean unix:\/run\/x\?/],
    [{ forward: ['0.0.0.0:1:h:2'] }, {}, '--forward: found 0.0.0.0:1', /--open/],
    [{ forward: ['1:a..b:2'] }, {}, '--forward: "a..b" is not a name', /labels/],
    [{ forward: ['99999:h:2'] }, {}, '--forward: "99999:h:2" has port', /65535/],
    [{ clients: ['192.0.2.0/24'] }, {}, '--clients: is for listeners', /--listen or --forward/],
    [{ open: true }, {}, '--open: is for listeners', /--listen or --forward/],
    [{ listen: ['0.0.0.0:1'], clients: ['x'] }, {}, '--clients: found "x"', /prefix/],
    [{ dns: ['x'] }, {}, '--dns: found "x"', /DNS server/],
    [{ 'log-level': 'loud' }, {}, '--log-level: found "loud"', /trace, debug/],
    [{ 'log-format': 'xml' }, {}, '--log-format: found "xml"', /json, pretty, auto/],
    [{ 'connect-timeout': '0' }, {}, '--connect-timeout: found "0"', /1ms or more/],
    [{ 'resolution-delay': 'x' }, {}, '--resolution-delay: "x" is not a duration', /250ms/],
    [{ 'drain-timeout': '30' }, {}, '--drain-timeout: found 30 without a unit', /30ms or 30s\?$/],
    [{}, { EYEBALLD_CONNECT_TIMEOUT: '5' }, 'EYEBALLD_CONNECT_TIMEOUT: found 5 without', /5s\?$/],
    [{ 'drain-timeout': 'x' }, {}, '--drain-timeout: "x" is not a duration', /250ms/],
    [{ 'connection-attempt-delay': '5s' }, {}, '--connection-attempt-delay: found 5s', /2s/],
    [{}, { EYEBALLD_OPEN: 'yes' }, 'EYEBALLD_OPEN: found "yes"', /true, false, 1, 0/],
    [{}, { EYEBALLD_LISTEN: 'a,b' }, 'EYEBALLD_LISTEN: "a" is not', /EYEBALLD_LISTEN: "b" is not/],
    [{}, { EYEBALLD_CLIENTS: 'a' }, 'EYEBALLD_CLIENTS: is for', /--listen/],
    [{}, { EYEBALLD_LOG_LEVEL: 'x' }, 'EYEBALLD_LOG_LEVEL: found "x"', /trace/],
  ]
  for (const [flags, env, where, message] of cases) {
    try {
      parse(flags, env)
      t.fail(`expected to throw: ${where}`)
    } catch (error) {
      const text = (error as Error).message
      t.ok(text.startsWith(where), `${where} in ${text}`)
      t.match(text.replaceAll('\n', ' '), message)
    }
  }
})

t.test('an override leaves a value in the file that is not a mapping', async t => {
  const overrides = readOverrides({ 'log-level': 'info' }, {})
  t.strictSame(applyOverrides(undefined, overrides), { log: { level: 'info' } })
  t.strictSame(applyOverrides({ log: 5 }, overrides), { log: 5 })
  t.strictSame(applyOverrides([], overrides), [])
  const index = { entries: [{ path: ['a', 1], value: 2, where: 'x' }], problems: [] }
  t.strictSame(applyOverrides({ a: [0, 1] }, index), { a: [0, 2] })
  t.strictSame(applyOverrides({}, index), { a: [] })
  t.equal(overriddenAt(['log', 'level'], overrides), '--log-level')
  t.equal(overriddenAt(['log', 'format'], overrides), undefined)
})
