import t from 'tap'
import type { Attempt } from '../../../src/eyeballs/race/state.ts'
import {
  attemptDeadlineAt,
  deadlineAt,
  deferralEndAt,
  floorAt,
  roomAt,
  startDueAt,
  turnDueAt,
} from '../../../src/eyeballs/race/timing.ts'
import { attemptAt } from '../../fixtures/race-state.ts'
import { marked, raceConfig, v6 } from '../../fixtures/race.ts'

const attempt = (id: number, startedAt: number, changes: Partial<Attempt> = {}): Attempt =>
  attemptAt(v6(id), { id, startedAt, ...changes })

const config = raceConfig()

void t.test('the first attempt is due at once', async t => {
  t.equal(startDueAt([], config), -Infinity)
})

void t.test('the next is due a Connection Attempt Delay after the newest start', async t => {
  t.equal(startDueAt([attempt(1, 100)], config), 350)
  t.equal(startDueAt([attempt(1, 100), attempt(2, 350)], config), 600)
})

void t.test('after the newest failed, or with none in flight, only the floor counts', async t => {
  const failed = { status: 'failed' } as const
  t.equal(startDueAt([attempt(1, 0), attempt(2, 250, failed)], config), 260)
  t.equal(startDueAt([attempt(1, 0, failed), attempt(2, 250)], config), 500)
  t.equal(startDueAt([attempt(1, 0, failed)], config), 10)
})

void t.test('an attempt that put no packet on the wire leaves no trace in the timing', async t => {
  const local = { status: 'failed', sent: false } as const
  t.equal(startDueAt([attempt(1, 0, local)], config), -Infinity)
  t.equal(startDueAt([attempt(1, 0), attempt(2, 250, local)], config), 250)
  t.equal(
    startDueAt(
      [attempt(1, 0), attempt(2, 250, { status: 'failed' }), attempt(3, 262, local)],
      config,
    ),
    260,
  )
})

void t.test(
  'no delay: only a failure starts the next; a delay below the floor is the floor',
  async t => {
    const serial = raceConfig({ timing: { connectionAttemptDelayMs: null } })
    t.equal(startDueAt([attempt(1, 0)], serial), Infinity)
    t.equal(startDueAt([attempt(1, 0, { status: 'failed' })], serial), 10)
    t.equal(
      startDueAt([attempt(1, 0)], raceConfig({ timing: { connectionAttemptDelayMs: 3 } })),
      10,
    )
  },
)

void t.test("a candidate's own delay counts, the floor below it, and no delay is none", async t => {
  const own = (attemptDelayMs: number): Attempt[] => [
    attempt(1, 100, { candidate: marked(v6(1), { attemptDelayMs }) }),
  ]
  t.equal(startDueAt(own(20), config), 120)
  t.equal(startDueAt(own(1200), config), 1300)
  t.equal(startDueAt(own(3), config), 110)
  t.equal(startDueAt(own(20), raceConfig({ timing: { connectionAttemptDelayMs: null } })), Infinity)
})

void t.test('one that was denied starts the next as one that failed, sent or not', async t => {
  t.equal(startDueAt([attempt(1, 0, { status: 'denied' })], config), 10)
  t.equal(startDueAt([attempt(1, 0, { status: 'denied', sent: false })], config), -Infinity)
})

void t.test('the floor stands 10 ms behind the newest that was sent', async t => {
  t.equal(floorAt([]), -Infinity)
  t.equal(floorAt([attempt(1, 0), attempt(2, 250)]), 260)
  t.equal(floorAt([attempt(1, 0), attempt(2, 250, { sent: false })]), 10)
})

void t.test('whose turn it is to get the ClientHello, and when', async t => {
  const due = (at: number, changes: Partial<Attempt>, delay: number | null = 250): number =>
    turnDueAt(
      [{ attempt: attempt(1, 100, changes), at, greeted: true }],
      raceConfig({ timing: { connectionAttemptDelayMs: delay } }),
    )
  const connected = { status: 'connected', connectedAt: 140 } as const
  t.equal(turnDueAt([], config), -Infinity, 'the first: at once')
  t.equal(due(150, connected), 150 + 2 * 40 + 250)
  t.equal(due(150, { ...connected, connectedAt: 1200 }), 150 + 2000, 'at most 2 s')
  t.equal(due(150, connected, null), Infinity)
  t.equal(due(150, {}), 150 + 250, 'it still connects')
  t.equal(due(150, {}, null), Infinity)
  t.equal(due(150, { candidate: marked(v6(1), { attemptDelayMs: 30 }) }), 180)
  t.equal(due(150, { ...connected, status: 'failed' }), -Infinity, 'closed')
  t.equal(due(150, { status: 'denied' }), -Infinity)
  const calls = [connected, {}].map((changes, i) => ({
    attempt: attempt(i + 1, 0, changes),
    at: 400 * i,
    greeted: true,
  }))
  t.equal(turnDueAt(calls, config), 650, 'the newest counts')
})

void t.test('the cap has room again when an attempt ends or is 3 s old', async t => {
  const two = raceConfig({ maxConcurrentAttempts: 2 })
  const one = attempt(1, 0)
  t.equal(roomAt([one], 250, two), -Infinity)
  t.equal(roomAt([one, attempt(2, 250)], 300, two), 3000)
  t.equal(roomAt([one, attempt(2, 250)], 3000, two), -Infinity)
  t.equal(roomAt([one, attempt(2, 250), attempt(3, 3000)], 3001, two), 3250)
  t.equal(roomAt([attempt(1, 0, { status: 'failed' }), attempt(2, 250)], 300, two), -Infinity)
})

void t.test('deadlines are absolute; without a limit they never come', async t => {
  const live = { name: 'resolving', startedAt: 40, lookups: [], firstAnswerAt: null } as const
  const limited = raceConfig({ timing: { connectTimeoutMs: 1000, attemptTimeoutMs: 200 } })
  t.equal(deadlineAt(live, limited), 1040)
  t.equal(deadlineAt(live, config), Infinity)
  t.equal(attemptDeadlineAt(attempt(1, 30), limited), 230)
  t.equal(attemptDeadlineAt(attempt(1, 30), config), Infinity)
})

void t.test(
  'an attempt that no descriptor was free for waits as long as the next one would',
  async t => {
    const delay = (connectionAttemptDelayMs: number | null) =>
      raceConfig({ timing: { connectionAttemptDelayMs } })
    t.equal(deferralEndAt(100, config), 350)
    t.equal(deferralEndAt(100, delay(0)), 110, 'never less than the floor')
    t.equal(deferralEndAt(100, delay(null)), Infinity, 'until a wake')
  },
)
