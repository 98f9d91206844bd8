import t from 'tap'
import { raceJson, raceText } from '../../src/log/show-race.ts'
import { createRaceMachine } from '../../src/eyeballs/race/machine.ts'
import type { RaceEvent } from '../../src/eyeballs/race/types.ts'

const trace = (...events: readonly (readonly [number, RaceEvent])[]) => {
  const machine = createRaceMachine({
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
  })
  for (const [at, event] of events) machine.handle(event, at)
  return machine.trace()
}

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
