import t from 'tap'
import { raceFailure } from '../../../src/eyeballs/race/failure.ts'
import { createRaceMachine } from '../../../src/eyeballs/race/machine.ts'
import type { RaceSummary } from '../../../src/eyeballs/race/summary.ts'
import { summarise } from '../../../src/eyeballs/race/summary.ts'
import type { RaceEvent } from '../../../src/eyeballs/race/types.ts'
import {
  A,
  AAAA,
  aborted,
  candidate,
  closed,
  confirmed,
  connected,
  deferred,
  demoted,
  denied,
  hello,
  notHello,
  raceConfig,
  refused,
  resolved,
  resolveFailed,
  scarce,
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
    untried: 0,
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
    { outcome: 'denied', code: 'ERR_ACCESS_DENIED', rule: 2 },
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

void t.test('attempts that were given up for want of descriptors say so', async t => {
  const steps = Array.from({ length: 6 }, (_, i) => [250 * (i + 1), wake] as const)
  const addresses = Array.from({ length: 7 }, (_, i) => v6(i + 1))
  const changes = { maxConcurrentAttempts: 7 }
  const { attempts } = play(
    [[0, wake], [0, resolveFailed(A)], [0, resolved(AAAA, ...addresses)], ...steps, [1600, scarce]],
    changes,
  )
  t.match(attempts[0], {
    outcome: 'failed',
    code: 'EMFILE',
    message: /file descriptors were scarce/,
    endMs: 1600,
  })
  t.match(attempts[1], { outcome: null })
})

void t.test('an attempt that was put off is none until it starts', async t => {
  const steps = [
    [0, wake],
    [0, resolved(AAAA, v6(1), v6(2))],
    [250, wake],
    [250, deferred(2)],
  ] as const
  t.match(play(steps).attempts, [{ address: v6(1), outcome: null }])
  t.equal(play(steps).attempts.length, 1)
  const { attempts } = play([...steps, [400, wake], [410, connected(2)]])
  t.match(attempts, [{ outcome: 'cancelled' }, { n: 2, startMs: 400, outcome: 'connected' }])
  const left = play([...steps.slice(0, 3), [250, aborted], [250, deferred(2)]])
  t.match(left.attempts, [{ outcome: 'cancelled' }, { outcome: 'cancelled' }])
})

void t.test('what was known and not tried is counted where the race failed', async t => {
  const steps = [
    [0, wake],
    [0, resolved(AAAA, v6(1), v6(2))],
    [1, resolved(A, v4(1), v4(2))],
  ] as const
  const timing = { connectTimeoutMs: 300 }
  t.equal(play([...steps, [250, wake], [300, wake]], { timing }).untried, 2)
  t.equal(play([...steps, [250, wake], [260, resolved(A)], [300, wake]], { timing }).untried, 1)
  const addresses = [candidate(v4(1)), candidate(v4(9))]
  t.equal(play([...steps, [300, wake]], { timing, addresses }).untried, 4, 'each once')
  t.equal(play([...steps, [20, connected(1)]]).untried, 0)
  t.equal(play([...steps, [20, aborted]]).untried, 0)
  t.equal(play(steps).untried, 0)
})

void t.test('one that connected second is lost; what comes after the end is ignored', async t => {
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

/** A race that was won provisionally by the first of two addresses. */
const provisional = [
  [1000, wake],
  [1003, resolved(A, demoted(v4(1)))],
  [1003, resolved(AAAA, v6(1))],
  [1023, connected(1)],
] as const
const tls = { confirm: 'tls' } as const

void t.test('a race that was confirmed, and one it superseded', async t => {
  const summary = play(
    [...provisional, [1024, hello], [1314, wake], [1330, connected(2)], [1350, confirmed(2)]],
    tls,
  )
  t.match(summary, { durationMs: 350, confirmedMs: 350, hidden: true, lost: null })
  t.match(summary.winner, { n: 2, endMs: 330, demoted: true, outcome: 'connected' })
  t.match(summary.attempts, [{ n: 1, endMs: 23, outcome: 'lost' }, { n: 2 }])
  t.notOk(Object.hasOwn(summary.attempts[0] ?? {}, 'demoted'))
})

void t.test(
  'one that was still connecting then is cancelled; what comes later is ignored',
  async t => {
    const steps = [
      ...provisional,
      [1024, hello],
      [1314, wake],
      [1320, confirmed(1)],
      [1321, connected(2)],
      [1322, confirmed(1)],
    ] as const
    t.match(play(steps.slice(0, -2), tls).attempts[1], { endMs: 320, outcome: 'cancelled' })
    const summary = play(steps, tls)
    t.match(summary, { confirmedMs: 320, hidden: false, winner: { n: 1 } })
    t.match(summary.attempts[1], { outcome: 'lost' })
  },
)

void t.test(
  'a race that was not confirmed ends with the reply to the client: an idle client does not make it longer',
  async t => {
    const summary = play([...provisional, [9000, notHello]], tls)
    t.match(summary, { durationMs: 23, winner: { n: 1, endMs: 23 }, hidden: false })
    t.notOk(Object.hasOwn(summary, 'confirmedMs'))
    const closedFirst = play(
      [...provisional, [1033, closed(1)], [1040, connected(2)], [5000, notHello]],
      tls,
    )
    t.match(closedFirst, { durationMs: 40, winner: { n: 2 } })
  },
)

void t.test('one that was closed before it answered has failed, and when', async t => {
  const lost = play([...provisional, [1024, hello], [1040, closed(1)], [1060, refused(2)]], tls)
  t.match(lost, { lost: 'all-failed', winner: null, durationMs: 60 })
  t.match(lost.attempts, [
    { endMs: 40, outcome: 'failed', code: 'ECONNRESET' },
    { endMs: 60, outcome: 'failed', code: 'ECONNREFUSED' },
  ])
  t.match(raceFailure(lost), {
    code: 'ERR_RACE_FAILED',
    message:
      'no address answered: 2001:db8::1 reset the connection, 192.0.2.1 refused the connection',
  })
})

void t.test(
  'a race under way to be confirmed has no winner yet; one that was left has none',
  async t => {
    t.match(play(provisional, tls), {
      winner: null,
      lost: null,
      attempts: [{ outcome: 'connected' }],
    })
    const left = play([...provisional, [1300, aborted]], tls)
    t.match(left, { lost: 'aborted', durationMs: 300, winner: null })
    t.match(left.attempts, [{ endMs: 300, outcome: 'cancelled' }])
  },
)

void t.test('a lookup that is answered again keeps its first answer', async t => {
  const summary = play([
    [0, wake],
    [2, resolveFailed(A)],
    [3, resolved(AAAA, v6(1))],
    [9, resolved(AAAA, v6(2), v6(3))],
    [9, resolved(A, v4(1))],
  ])
  t.match(summary.dns, [
    { endMs: 3, records: 1 },
    { endMs: 2, code: 'ENODATA' },
  ])
  t.notOk(Object.hasOwn(summary.dns[1] ?? {}, 'records'))
})
