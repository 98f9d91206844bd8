import t from 'tap'
import { checkCandidate, checkRaceConfig } from '../../src/library/check-race-config.ts'
import { raceConfig } from '../fixtures/race.ts'

const info = { family: 4, address: '192.0.2.1', port: 1 } as const
const query = { host: 'example.com', port: 443, record: 'AAAA' } as const

void t.test('what a race may be about', async t => {
  for (const config of [
    { addresses: [info] },
    { queries: [query] },
    { queries: [query], addresses: [], timing: {}, knownLocal: ['fd00::1'], confirm: 'tls' },
    { addresses: [info], timing: { attemptTimeoutMs: null, connectionAttemptDelayMs: null } },
    { addresses: [info], maxAttemptsPerName: 2, firstAddressFamilyCount: 0, preferredFamily: 4 },
  ]) {
    t.doesNotThrow(() => checkRaceConfig(config, false), JSON.stringify(config))
  }
})

void t.test('candidates, with what is known of them', async t => {
  for (const more of [
    {},
    { source: null },
    { source: '192.0.2.9', sourceDeprecated: true, sourcePrefixLength: 24 },
    { embedded: '192.0.2.1', rttMs: 3.5, attemptDelayMs: 100 },
  ]) {
    t.doesNotThrow(() => checkCandidate({ ...info, ...more }, 'x'), JSON.stringify(more))
  }
  for (const [more, name, message] of [
    [{ port: 0 }, 'RangeError', /^x\.port is 0/],
    [{ source: 'eth0' }, 'RangeError', /^x\.source is 'eth0': an IP address is allowed/],
    [{ embedded: 5 }, 'TypeError', /^x\.embedded is 5/],
    [{ rttMs: -1 }, 'RangeError', /^x\.rttMs is -1/],
    [{ rttMs: null }, 'TypeError', /^x\.rttMs is null/],
    [{ attemptDelayMs: '5' }, 'TypeError', /^x\.attemptDelayMs is '5'/],
  ] as const) {
    t.throws(() => checkCandidate({ ...info, ...more }, 'x'), { name, message })
  }
})

void t.test('of a complete one nothing may be missing', async t => {
  const complete = raceConfig({ queries: [query] })
  t.doesNotThrow(() => checkRaceConfig(complete, true))
  const without = (name: string) => ({ ...complete, [name]: undefined })
  for (const name of Object.keys(complete).slice(1)) {
    const message = new RegExp(`^config\\.${name} is undefined`)
    t.throws(() => checkRaceConfig(without(name), true), { name: 'TypeError', message })
    t.doesNotThrow(() => checkRaceConfig(without(name), false), name)
  }
})
