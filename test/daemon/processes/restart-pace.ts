import t from 'tap'
import {
  createRestartPace,
  RESTART_MAX_MS,
  RESTART_MIN_MS,
  SOUND_AFTER_MS,
} from '../../../src/daemon/processes/restart-pace.ts'

t.test('each loss waits twice as long as the one before, up to a bound', async t => {
  const pace = createRestartPace()
  t.same([pace.next(0), pace.next(10), pace.next(SOUND_AFTER_MS - 1)], [100, 200, 400])
  for (let i = 0; i < 20; i++) pace.next(0)
  t.equal(pace.next(0), RESTART_MAX_MS)
  t.equal(pace.next(SOUND_AFTER_MS), RESTART_MIN_MS, 'who was sound begins anew')
  t.equal(pace.next(0), 2 * RESTART_MIN_MS)
})
