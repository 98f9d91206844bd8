import t from 'tap'
import { DELIVERY_TIMEOUT_MS, nextLookMs } from '../../src/pipe/delivery.ts'

t.test('looks become rarer with time, and none is late by much', async t => {
  t.same([0, 8, 40, 400, 2000].map(nextLookMs), [2, 2, 10, 50, 50])
  let looks = 0
  for (let waitedMs = 0; waitedMs < DELIVERY_TIMEOUT_MS; waitedMs += nextLookMs(waitedMs)) looks++
  t.ok(looks > 20 && looks < 60, `${looks} looks`)
})
