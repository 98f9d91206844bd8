import t from 'tap'
import { openRaces } from '../../src/dial/open-races.ts'
import { dialerOptions } from '../fixtures/dialer-options.ts'

const options = {
  resolver: { hosts: { 'a.example': ['127.0.0.1'] } },
  race: dialerOptions,
} as const

void t.test('the engine on this host, until it is closed', async t => {
  const races = openRaces(options)
  t.match(await races.lookup('a.example', 'A'), { ok: true, addresses: ['127.0.0.1'] })
  t.match(await races.source('127.0.0.1'), { address: '127.0.0.1' })
  t.ok(Array.isArray(races.knownLocal()))
  await races.warmUp()
  const before = races.now()
  // Port 1 is one that nobody listens on.
  const result = await races.dial({ targets: [{ host: 'a.example', port: 1 }] })
  t.match(result, { outcome: 'failed', reason: 'all-failed' })
  t.ok(races.now() >= before)
  races.close()
  t.match(await races.lookup('a.example', 'A'), { ok: false, code: 'ECANCELLED' })
})

void t.test('options that make no sense are refused', async t => {
  t.throws(() => openRaces({ ...options, resolver: { ipv4: false, ipv6: false } }), {
    code: 'ERR_INVALID_ARG',
  })
})
