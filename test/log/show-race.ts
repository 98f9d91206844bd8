import t from 'tap'
import { createRaceMachine } from '../../src/eyeballs/race/machine.ts'
import type { RaceConfig, RaceEvent } from '../../src/eyeballs/race/types.ts'
import { raceJson, raceText } from '../../src/log/show-race.ts'
import { confirmedRace, failedRace } from '../fixtures/race-trace.ts'

const config: RaceConfig = {
  queries: [
    { host: 'a', port: 1, record: 'A' },
    { host: 'b', port: 2, record: 'A' },
  ],
  preferredFamily: 4,
  order: 'given',
  policyTable: 'updated',
  firstAddressFamilyCount: 1,
  maxConcurrentAttempts: 6,
  timing: {
    resolutionDelayMs: 50,
    connectionAttemptDelayMs: 250,
    attemptTimeoutMs: null,
    connectTimeoutMs: null,
  },
}

const play = (about: RaceConfig, ...events: readonly (readonly [number, RaceEvent])[]) => {
  const machine = createRaceMachine(about)
  for (const [at, event] of events) machine.handle(event, at)
  return machine.trace()
}

const trace = (...events: readonly (readonly [number, RaceEvent])[]) => play(config, ...events)

const output = { write: () => {}, isTTY: false, columns: undefined }

t.test('an aborted race is no failure', async t => {
  const aborted = trace([0, { type: 'wake' }], [5, { type: 'aborted' }])
  const record = JSON.parse(raceJson(aborted)) as object
  t.match(record, { target: 'a:1,b:2', outcome: 'aborted', durationMs: 5 })
  t.notOk('error' in record)
})

t.test('control characters of a server do not reach the terminal', async t => {
  const failed = trace(
    [0, { type: 'wake' }],
    [1, { type: 'resolve-failed', id: 0, code: 'E\u001b[31m', source: 'dns' }],
    [1, { type: 'resolve-failed', id: 1, code: 'E\u001b[31m', source: 'dns' }],
  )
  t.notMatch(raceText(failed, output), '\u001b')
})

t.test('a race of addresses given by hand is called by them', async t => {
  const addresses = [
    { address: '2001:db8::1', family: 6, port: 443 },
    { address: '192.0.2.1', family: 4, port: 443 },
  ] as const
  const race = play({ ...config, queries: [], addresses }, [0, { type: 'wake' }])
  t.match(JSON.parse(raceJson(race)), { target: '[2001:db8::1]:443,192.0.2.1:443' })
})

t.test('one line says how it ended', async t => {
  const last = (race: ReturnType<typeof trace>): string | undefined =>
    raceText(race, output).split('\n').at(-1)
  t.equal(last(confirmedRace), 'won by 192.0.2.1:443 after 350 ms')
  t.match(
    last(failedRace),
    /^failed after 1000 ms: no address answered: 192\.0\.2\.1:2 refused the connection, /,
  )
})

t.test('the record of a race says whether and when it was confirmed', async t => {
  t.match(JSON.parse(raceJson(confirmedRace)), {
    outcome: 'won',
    confirmedMs: 350,
    attempts: [{ outcome: 'lost' }, { demoted: true, outcome: 'connected' }],
  })
})
