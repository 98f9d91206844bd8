import t from 'tap'
import {
  CONNECT_TIMEOUT_MS,
  DELAY_BOUNDS,
  HAPPY_EYEBALLS_DELAY_MS,
  MAX_CONCURRENT_ATTEMPTS,
  RESOLUTION_DELAY_MS,
} from '../../src/library/race-defaults.ts'

void t.test('the values that RFC 8305 section 8 recommends', async t => {
  t.equal(RESOLUTION_DELAY_MS, 50)
  t.equal(HAPPY_EYEBALLS_DELAY_MS, 250)
  t.same(DELAY_BOUNDS, { minimumDelayMs: 100, maximumDelayMs: 2000 })
})

void t.test('and those that it leaves open', async t => {
  t.equal(MAX_CONCURRENT_ATTEMPTS, 6)
  t.equal(CONNECT_TIMEOUT_MS, 30_000)
})
