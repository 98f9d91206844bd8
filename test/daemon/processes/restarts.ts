import t from 'tap'
import {
  RESTART_MAX_MS,
  RESTART_MIN_MS,
  BACKOFF_RESET_MS,
  createRestartBackoff,
  createRestarts,
} from '../../../src/daemon/processes/restarts.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'

t.test('each loss doubles the delay of the next replacement, up to a maximum', async t => {
  const next = createRestartBackoff()
  t.same([next(0), next(10), next(BACKOFF_RESET_MS - 1)], [100, 200, 400])
  for (let i = 0; i < 20; i++) next(0)
  t.equal(next(0), RESTART_MAX_MS)
  t.equal(
    next(BACKOFF_RESET_MS),
    RESTART_MIN_MS,
    'a process that lived long enough resets the backoff',
  )
  t.equal(next(0), 2 * RESTART_MIN_MS)
})

t.test('a replacement starts after its delay, and pending ones can be cancelled', async t => {
  const clock = createHandClock()
  const replaced: number[] = []
  let finish = (): void => {}
  const restarts = createRestarts({
    processes: 2,
    clock,
    ready: async () => {},
    replace: async index => {
      replaced.push(index)
      await new Promise<void>(resolve => (finish = resolve))
    },
  })
  t.equal(restarts.schedule(1, 0), RESTART_MIN_MS)
  t.equal(restarts.schedule(0, 0), RESTART_MIN_MS, 'each process has its own backoff')
  t.equal(restarts.schedule(0, 0), 2 * RESTART_MIN_MS)
  await restarts.settled()
  clock.advance(RESTART_MIN_MS)
  await Promise.resolve()
  t.same(replaced, [1, 0])
  restarts.cancel()
  t.equal(clock.pending(), 0)
  let isSettled = false
  const settled = restarts.settled().then(() => (isSettled = true))
  await new Promise(resolve => setImmediate(resolve))
  t.notOk(isSettled)
  finish()
  await Promise.race([settled, new Promise(resolve => setImmediate(resolve))])
  t.notOk(isSettled, 'the other replacement still runs')
})
