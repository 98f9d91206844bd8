import t from 'tap'
import type { Attempt } from '../../../src/eyeballs/race/state.ts'
import {
  attemptDeadlineAt,
  deadlineAt,
  roomAt,
  startDueAt,
} from '../../../src/eyeballs/race/timing.ts'
import { candidate, raceConfig, v6 } from '../../fixtures/race.ts'

const attempt = (id: number, startedAt: number, changes: Partial<Attempt> = {}): Attempt => ({
  id,
  candidate: candidate(v6(id)),
  startedAt,
  status: 'in-flight',
  sent: true,
  ...changes,
})

const config = raceConfig()

void t.test('the first attempt is due at once', async t => {
  t.equal(startDueAt([], config), -Infinity)
})

void t.test('the next is due a Connection Attempt Delay after the newest start (A5)', async t => {
  t.equal(startDueAt([attempt(1, 100)], config), 350)
  t.equal(startDueAt([attempt(1, 100), attempt(2, 350)], config), 600)
})

void t.test(
  'after the newest failed, or with none in flight, only the floor counts (A6)',
  async t => {
    const failed = { status: 'failed' } as const
    t.equal(startDueAt([attempt(1, 0), attempt(2, 250, failed)], config), 260)
    t.equal(startDueAt([attempt(1, 0, failed), attempt(2, 250)], config), 500)
    t.equal(startDueAt([attempt(1, 0, failed)], config), 10)
  },
)

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
