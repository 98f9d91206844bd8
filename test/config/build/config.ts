import t from 'tap'
import { buildConfig } from '../../../src/config/build/config.ts'
import { configSchema } from '../../../src/config/schema.ts'

const build = (value: unknown) => buildConfig(configSchema.parse(value), [null])

t.test('durations become milliseconds, texts become values', async t => {
  const config = build({
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
  t.strictSame(build({}).admin, { listen: [], optionalAddresses: false, token: null })
  const listen = [
    { type: 'tcp', host: '127.0.0.1', port: 9 },
    { type: 'tcp', host: '::1', port: 9 },
  ]
  const admin = { listen: 'localhost:9', token: 'secret' }
  t.strictSame(build({ admin }).admin, { listen, optionalAddresses: true, token: 'secret' })
})

t.test('what stands for the system or for nothing is null', async t => {
  const { resolver, eyeballs } = build({})
  t.match([resolver.servers, resolver.search, eyeballs.attemptTimeoutMs], [null, null, null])
  t.equal(build({ egress: { keepAlive: 'off' } }).egress.keepAlive, null)
  t.same(build({ egress: { keepAlive: 'on' } }).egress, build({}).egress, 'on is the default')
  t.equal(eyeballs.preferredFamily, 'auto')
  t.equal(build({ eyeballs: { preferredFamily: 4 } }).eyeballs.preferredFamily, 4)
})
