import t from 'tap'
import { keysOf } from '../../../src/config/section.ts'
import { parseConfig } from '../../../src/config/parse.ts'
import { CONFIG, restartKeys, tableKeys } from '../../../src/config/table/config.ts'
import { exampleFile } from '../../../scripts/generate/example-file.ts'
import { parse } from 'yaml'
import { readField } from '../../fixtures/read-field.ts'

t.test('the defaults are as documented', async t => {
  t.strictSame(parse(exampleFile()), {
    listeners: [{ protocol: 'mixed', listen: 'localhost:1080', open: false }],
    access: [],
    resolver: {
      mode: 'dns',
      servers: 'system',
      hosts: {},
      search: 'system',
      timeout: 'system',
      attempts: 'system',
      ipv4: true,
      ipv6: true,
      nat64: 'auto',
      policyTable: 'updated',
      cache: {
        maxEntries: 10_000,
        minTtl: '0s',
        maxTtl: '1h',
        negativeTtl: '5s',
        failureTtl: '2s',
        staleWhileRevalidate: '30s',
        staleIfError: '1h',
      },
    },
    eyeballs: {
      resolutionDelay: '50ms',
      connectionAttemptDelay: '250ms',
      minimumConnectionAttemptDelay: '100ms',
      maximumConnectionAttemptDelay: '2s',
      firstAddressFamilyCount: 1,
      preferredFamily: 'auto',
      adaptive: true,
      maxConcurrentAttempts: 6,
      attemptTimeout: 'off',
      connectTimeout: '30s',
      confirm: 'none',
    },
    egress: {
      bind4: 'system',
      bind6: 'system',
      interface: 'system',
      mark: 0,
      noDelay: true,
      keepAlive: { idle: '60s', interval: '15s', count: 4 },
      userTimeout: 'off',
      fastOpen: false,
      mptcp: false,
      congestion: 'system',
      tos: 0,
    },
    pipe: { engine: 'auto', workers: 'auto', idleTimeout: '2h4m', halfCloseTimeout: '60s' },
    limits: {
      maxConnections: 10_000,
      maxConnectionsPerClient: 0,
      maxConnectionsPerUser: 0,
      handshakeTimeout: '10s',
      authFailureDelay: '1s',
      authFailures: { perMinute: 10, ban: '1m' },
    },
    log: { level: 'info', format: 'auto', races: 'all', redact: [] },
    admin: { listen: 'off', raceHistory: 200 },
    processes: 1,
    watch: false,
    drainDelay: '0s',
    drainTimeout: '30s',
  })
})

t.test('pipe.engine is a word, pipe.workers a number or auto', async t => {
  for (const pipe of [{ engine: 'splice' }, { engine: 'stream', workers: 1 }, { workers: 64 }]) {
    t.match(readField(CONFIG, { pipe }).value?.pipe, pipe)
  }
  for (const workers of [0, 65, 1.5, '2', 'off', null]) {
    t.match(readField(CONFIG, { pipe: { workers } }).findings, [
      { message: /; allowed: auto, or a whole number from 1 to 64$/ },
    ])
  }
  t.match(readField(CONFIG, { pipe: { engine: 'slice' } }).findings, [
    { message: /allowed: auto, splice, stream; did you mean "splice"/ },
  ])
})

t.test('tableKeys finds keys in lists and optional sections', async t => {
  const paths = tableKeys().map(([path]) => path.join('.'))
  t.ok(paths.length > 60)
  t.equal(new Set(paths).size, paths.length)
  for (const path of ['listeners.auth.users', 'access.to', 'resolver.cache.minTtl', 'processes'])
    t.ok(paths.includes(path), path)
  t.strictSame(Object.keys(keysOf(CONFIG.keys.admin.field)), [
    'listen',
    'token',
    'tokenFile',
    'raceHistory',
  ])
})

t.test('each entry has a description and a valid default', async t => {
  for (const [path, key] of tableKeys()) {
    const name = path.join('.')
    t.match(key.about, /^[^]*[^.]$/, `${name} has a phrase without a full stop`)
    if ('default' in key) t.strictSame(readField(key.field, key.default).messages, [], name)
  }
})

t.test('restartKeys lists the changed keys that need a restart', async t => {
  const before = parseConfig('', 'f')
  t.same(restartKeys(before, parseConfig('drainTimeout: 1s', 'f')), [])
  const after = parseConfig('{ pipe: { engine: stream, workers: 2 }, processes: 3 }', 'f')
  t.same(restartKeys(before, after), ['pipe.engine', 'pipe.workers', 'processes'])
  t.same(restartKeys(after, parseConfig('{ pipe: { workers: 2 }, processes: 3 }', 'f')), [
    'pipe.engine',
  ])
})
