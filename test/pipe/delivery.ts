import t from 'tap'
import { DELIVERY_TIMEOUT_MS, awaitDelivery, nextCheckMs } from '../../src/pipe/delivery.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'

t.test('checks become rarer with time, by a bounded delay', async t => {
  t.same([0, 8, 40, 400, 2000].map(nextCheckMs), [2, 2, 10, 50, 50])
  let looks = 0
  for (let waitedMs = 0; waitedMs < DELIVERY_TIMEOUT_MS; waitedMs += nextCheckMs(waitedMs)) looks++
  t.ok(looks > 20 && looks < 60, `${looks} looks`)
})

t.test('delivered bytes are not waited for', async t => {
  const clock = createHandClock()
  let done = 0
  const cancel = awaitDelivery(
    clock,
    () => true,
    () => done++,
  )
  t.same([done, clock.pending()], [1, 0])
  cancel()
  t.equal(done, 1, 'there is nothing left to end')
})

t.test('the wait ends with delivery or with its timeout', async t => {
  for (const deliveredAt of [1, 30, 1000, Infinity]) {
    const clock = createHandClock()
    let doneAt = -1
    const isDelivered = (): boolean => clock.now() >= deliveredAt
    awaitDelivery(clock, isDelivered, () => (doneAt = clock.now()))
    t.equal(doneAt, -1)
    clock.advance(DELIVERY_TIMEOUT_MS - 1)
    if (deliveredAt === Infinity) t.equal(doneAt, -1)
    clock.advance(1)
    const latest = Math.min(deliveredAt * 1.25 + 2, DELIVERY_TIMEOUT_MS)
    t.ok(doneAt >= Math.min(deliveredAt, latest) && doneAt <= latest, `${doneAt}`)
    t.equal(clock.pending(), 0)
  }
})

t.test('a cancelled wait calls nothing', async t => {
  const clock = createHandClock()
  const cancel = awaitDelivery(
    clock,
    () => false,
    () => t.fail('done'),
  )
  cancel()
  clock.advance(2 * DELIVERY_TIMEOUT_MS)
  t.equal(clock.pending(), 0)
})
