import t from 'tap'
import { checkCandidate, checkRaceConfig, checkRaceEvent } from '../../src/library/check-race.ts'
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

const candidate = { family: 4, address: '192.0.2.1', port: 1, source: null } as const

void t.test('every event', async t => {
  for (const event of [
    { type: 'wake' },
    { type: 'resolved', id: 0, candidates: [candidate], source: 'dns', ttl: 60 },
    { type: 'resolve-failed', id: 1, code: 'ENOTFOUND', source: 'dns' },
    { type: 'connected', id: 1, local: '' },
    { type: 'connect-failed', id: 1, code: 'EIO', message: '', sent: false },
    { type: 'aborted' },
    { type: 'deferred', id: 2 },
    { type: 'scarce' },
    { type: 'hello' },
    { type: 'not-hello' },
    { type: 'confirmed', id: 1 },
  ]) {
    t.doesNotThrow(() => checkRaceEvent(event, 'x'), event.type)
  }
})

void t.test('what is none', async t => {
  for (const [event, name, message] of [
    [5, 'TypeError', /^x is 5: an event, or a list of events, is allowed/],
    [{}, 'TypeError', /^x\.type is undefined: wake, resolved, /],
    [{ type: 'constructor' }, 'RangeError', /^x\.type is 'constructor'/],
    [{ type: 'deferred', id: -1 }, 'RangeError', /^x\.id is -1/],
    [
      { type: 'resolved', id: 0, candidates: [{}], source: 'dns' },
      'TypeError',
      /^x\.candidates\[0\]/,
    ],
    [
      { type: 'resolve-failed', id: 0, code: 5, source: '' },
      'TypeError',
      /^x\.code is 5: a string/,
    ],
  ] as const) {
    t.throws(() => checkRaceEvent(event, 'x'), { name, code: 'ERR_INVALID_ARG', message })
  }
})
