import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import { dialerOptions } from '../../src/daemon/dialer-options.ts'

void t.test('the defaults are those of the RFC', async t => {
  t.match(dialerOptions(parseConfig('', 'test')), {
    resolver: {
      mode: 'dns',
      servers: undefined,
      search: undefined,
      hosts: {},
      timeoutMs: undefined,
    },
    race: {
      policyTable: 'updated',
      preferredFamily: 'auto',
      firstAddressFamilyCount: 1,
      maxConcurrentAttempts: 6,
      adaptive: { minimumDelayMs: 100, maximumDelayMs: 2000 },
      confirm: 'none',
      timing: {
        resolutionDelayMs: 50,
        connectionAttemptDelayMs: 250,
        attemptTimeoutMs: null,
        connectTimeoutMs: 30_000,
      },
    },
  })
})

void t.test('servers, search domains and hosts as the resolver reads them', async t => {
  const text = `
resolver:
  servers: ['192.0.2.53', '[2001:db8::53]:5353']
  search: []
  hosts: { db.example: [192.0.2.7] }`
  t.match(dialerOptions(parseConfig(text, 'test')).resolver, {
    servers: ['192.0.2.53:53', '[2001:db8::53]:5353'],
    search: [],
    hosts: { 'db.example': ['192.0.2.7'] },
  })
})

void t.test('the attempt delay is kept within its bounds', async t => {
  const delay = (text: string): number | null =>
    dialerOptions(parseConfig(`eyeballs: { ${text} }`, 'test')).race.timing.connectionAttemptDelayMs
  t.equal(delay('connectionAttemptDelay: 300ms'), 300)
  t.equal(delay('connectionAttemptDelay: 20ms, minimumConnectionAttemptDelay: 20ms'), 20)
})

void t.test('what races learn can be switched off; its bounds are those of the delay', async t => {
  const { race } = dialerOptions(
    parseConfig(
      'eyeballs: { minimumConnectionAttemptDelay: 50ms, maximumConnectionAttemptDelay: 1s }',
      'test',
    ),
  )
  t.strictSame(race.adaptive, { minimumDelayMs: 50, maximumDelayMs: 1000 })
  const off = dialerOptions(parseConfig('eyeballs: { adaptive: false, confirm: tls }', 'test'))
  t.equal(off.race.adaptive, null)
  t.equal(off.race.confirm, 'tls')
})
