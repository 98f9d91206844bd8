import t from 'tap'
import type { DialerOptions } from '../../src/eyeballs/race-config.ts'
import { createRaceConfig } from '../../src/eyeballs/race-config.ts'
import { defaultTiming } from '../fixtures/race.ts'

const options: DialerOptions = {
  timing: defaultTiming,
  preferredFamily: 'auto',
  policyTable: 'linux',
  firstAddressFamilyCount: 2,
  maxConcurrentAttempts: 3,
  adaptive: null,
  confirm: 'none',
}

const records = (...hosts: string[]): string[] =>
  createRaceConfig(
    hosts.map(host => ({ host, port: 1 })),
    { preferredFamily: 6 },
    options,
  ).queries.map(({ host, record }) => `${host} ${record}`)

void t.test('a name is asked for in both families, AAAA first', async t => {
  t.strictSame(records('a.example'), ['a.example AAAA', 'a.example A'])
  t.strictSame(records('a.example', 'b.example'), [
    'a.example AAAA',
    'a.example A',
    'b.example AAAA',
    'b.example A',
  ])
})

void t.test('a literal is asked for in its own family; a mapped one is IPv4', async t => {
  t.strictSame(records('192.0.2.1'), ['192.0.2.1 A'])
  t.strictSame(records('2001:db8::1'), ['2001:db8::1 AAAA'])
  t.strictSame(records('::ffff:192.0.2.1'), ['::ffff:192.0.2.1 A'])
})

void t.test('several literals keep the order they were given in; all else is sorted', async t => {
  const order = (hosts: string[], preferredFamily: DialerOptions['preferredFamily']): string =>
    createRaceConfig(
      hosts.map(host => ({ host, port: 1 })),
      { preferredFamily: 6 },
      { ...options, preferredFamily },
    ).order
  t.equal(order(['192.0.2.1', '2001:db8::1'], 'auto'), 'given')
  t.equal(order(['192.0.2.1', 'a.example'], 'auto'), 'sorted')
  t.equal(order(['a.example'], 'auto'), 'sorted')
  t.equal(order(['a.example'], 4), 'preferred')
  t.equal(order(['192.0.2.1'], 'auto'), 'sorted')
})

void t.test('the options are handed on', async t => {
  t.match(createRaceConfig([{ host: 'a.example', port: 443 }], { preferredFamily: 4 }, options), {
    preferredFamily: 4,
    policyTable: 'linux',
    firstAddressFamilyCount: 2,
    maxConcurrentAttempts: 3,
    maxAttemptsPerName: 16,
    timing: defaultTiming,
    queries: [{ port: 443 }, { port: 443 }],
  })
})

void t.test("this host's unique local addresses are for the updated table alone", async t => {
  const facts = { preferredFamily: 6, knownLocal: ['fd00::1'] } as const
  const target = [{ host: 'a.example', port: 1 }]
  const known = (policyTable: DialerOptions['policyTable'], given: object = facts) =>
    createRaceConfig(target, { ...facts, ...given }, { ...options, policyTable }).knownLocal
  t.strictSame(known('updated'), ['fd00::1'])
  t.equal(known('rfc6724'), undefined)
  t.equal(known('updated', { knownLocal: [] }), undefined)
})

void t.test('a race is confirmed only where that is wanted, and somebody can be told', async t => {
  const target = [{ host: 'a.example', port: 1 }]
  const confirm = (wanted: 'none' | 'tls', canConfirm?: boolean) =>
    createRaceConfig(
      target,
      { preferredFamily: 6, ...(canConfirm !== undefined && { canConfirm }) },
      { ...options, confirm: wanted },
    ).confirm
  t.equal(confirm('tls', true), 'tls')
  t.equal(confirm('tls', false), undefined)
  t.equal(confirm('tls'), undefined)
  t.equal(confirm('none', true), undefined)
})
