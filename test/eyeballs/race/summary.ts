import t from 'tap'
import { createRaceMachine } from '../../../src/eyeballs/race/machine.ts'
import type { RaceSummary } from '../../../src/eyeballs/race/summary.ts'
import { summarise } from '../../../src/eyeballs/race/summary.ts'
import type { RaceEvent } from '../../../src/eyeballs/race/types.ts'
import {
  A,
  AAAA,
  aborted,
  connected,
  denied,
  raceConfig,
  refused,
  resolved,
  resolveFailed,
  v4,
  v6,
  wake,
} from '../../fixtures/race.ts'

const play = (
  steps: readonly (readonly [at: number, event: RaceEvent])[],
  changes?: Parameters<typeof raceConfig>[0],
): RaceSummary => {
  const machine = createRaceMachine(raceConfig(changes))
  for (const [at, event] of steps) machine.handle(event, at)
  return summarise(machine.trace())
}

void t.test('a race that IPv4 won after a black hole, with times from its begin', async t => {
  const summary = play([
    [1000, wake],
    [1003, resolved(AAAA, v6(1))],
    [1004, resolved(A, v4(1))],
    [1253, wake],
    [1271, connected(2)],
  ])
  t.strictSame(summary, {
    durationMs: 271,
    hidden: true,
    winner: {
      n: 2,
      address: v4(1),
      family: 4,
      port: 443,
      startMs: 253,
      endMs: 271,
      outcome: 'connected',
      local: '192.0.2.77:40112',
    },
    lost: null,
    dns: [
      {
        type: 'AAAA',
        host: 'example.com',
        startMs: 0,
        endMs: 3,
        source: 'dns',
        records: 1,
        ttl: 60,
      },
      { type: 'A', host: 'example.com', startMs: 0, endMs: 4, source: 'dns', records: 1, ttl: 60 },
    ],
    attempts: [
      {
        n: 1,
        address: v6(1),
        family: 6,
        port: 443,
        startMs: 3,
        endMs: 271,
        outcome: 'cancelled',
      },
      {
        n: 2,
        address: v4(1),
        family: 4,
        port: 443,
        startMs: 253,
        endMs: 271,
        outcome: 'connected',
      },
    ],
  })
})

void t.test('failures, denials and lookups keep their codes', async t => {
  const summary = play([
    [0, wake],
    [2, resolveFailed(A, 'ESERVFAIL')],
    [3, resolved(AAAA, v6(1), v6(2))],
    [4, denied(1)],
    [5, refused(2)],
  ])
  t.equal(summary.lost, 'all-failed')
  t.equal(summary.winner, null)
  t.match(summary.dns, [{ records: 2 }, { type: 'A', code: 'ESERVFAIL', source: 'dns' }])
  t.notOk(Object.hasOwn(summary.dns[1] ?? {}, 'records'))
  t.match(summary.attempts, [
    { outcome: 'denied', code: 'ERR_ACCESS_DENIED' },
    { outcome: 'failed', code: 'ECONNREFUSED', message: 'connect ECONNREFUSED' },
  ])
})

void t.test('limits count as ETIMEDOUT, leaving does not', async t => {
  const steps = [
    [0, wake],
    [0, resolved(AAAA, v6(1))],
  ] as const
  const deadline = play([...steps, [300, wake]], { timing: { connectTimeoutMs: 300 } })
  t.match(deadline, { lost: 'deadline', attempts: [{ outcome: 'failed', code: 'ETIMEDOUT' }] })
  t.match(deadline.dns[1], { endMs: null, code: undefined })
  const limit = play([...steps, [100, wake]], { timing: { attemptTimeoutMs: 100 } })
  t.match(limit, { lost: null, attempts: [{ outcome: 'failed', code: 'ETIMEDOUT', endMs: 100 }] })
  const left = play([...steps, [100, aborted]])
  t.match(left, { lost: 'aborted', attempts: [{ outcome: 'cancelled', code: undefined }] })
})

void t.test('one that connected second is lost; what comes after the end is not told', async t => {
  const summary = play([
    [0, wake],
    [0, resolved(AAAA, v6(1), v6(2))],
    [250, wake],
    [260, connected(2)],
    [260, connected(1)],
    [900, resolved(A, v4(1))],
  ])
  t.match(summary.attempts, [{ outcome: 'lost' }, { outcome: 'connected' }])
  t.equal(summary.durationMs, 260)
  t.match(summary.dns[1], { endMs: null })
})

void t.test('a race under way, and one that has not begun', async t => {
  t.match(play([[0, wake]]), { durationMs: 0, lost: null, winner: null, attempts: [] })
  t.match(
    play([
      [0, wake],
      [0, resolved(AAAA, v6(1))],
    ]).attempts,
    [{ outcome: null, endMs: null }],
  )
  t.match(play([]), { durationMs: 0, dns: [], attempts: [] })
})
