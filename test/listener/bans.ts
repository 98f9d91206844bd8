import t from 'tap'
import type { Ban } from '../../src/listener/bans.ts'
import { CLIENTS_MAX, createBans } from '../../src/listener/bans.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'

const CLIENT = '192.0.2.1'

const createRig = (perMinute = 3, banMs = 60_000) => {
  const clock = createHandClock()
  const begun: Ban[] = []
  const bans = createBans(clock, { perMinute, banMs }, ban => void begun.push(ban))
  const fail = (times: number, client = CLIENT): void => {
    for (let n = 0; n < times; n++) bans.failed(client)
  }
  return { clock, bans, begun, fail }
}

t.test('a client is banned after so many failures within a minute', async t => {
  const { clock, bans, begun, fail } = createRig()
  fail(2)
  t.equal(bans.refusal(CLIENT), null)
  clock.advance(59_999)
  fail(1)
  t.equal(
    bans.refusal(CLIENT),
    '192.0.2.1 is banned for another 60 s, because its logins failed too often',
  )
  t.equal(bans.refusal('192.0.2.2'), null)
  t.same(begun, [{ client: CLIENT, perMinute: 3, banMs: 60_000 }])
  clock.advance(58_500)
  t.match(bans.refusal(CLIENT), /another 2 s/)
  clock.advance(1500)
  t.equal(bans.refusal(CLIENT), null)
  t.equal(clock.pending(), 0, 'no timer is needed')
})

t.test('failures more than a minute ago do not count, whichever minute is looked at', async t => {
  const { clock, bans, fail } = createRig()
  for (let n = 0; n < 20; n++) {
    fail(1)
    clock.advance(30_000)
    t.equal(bans.refusal(CLIENT), null)
  }
  fail(1)
  clock.advance(29_999)
  fail(1)
  t.ok(bans.refusal(CLIENT), 'three in less than a minute')
})

t.test('a ban neither grows by further failures nor is logged again', async t => {
  const { clock, bans, begun, fail } = createRig()
  fail(3)
  clock.advance(30_000)
  fail(10)
  clock.advance(30_000)
  t.equal(bans.refusal(CLIENT), null)
  t.equal(begun.length, 1)
  fail(2)
  t.equal(bans.refusal(CLIENT), null, 'it begins anew')
  fail(1)
  t.ok(bans.refusal(CLIENT))
  t.equal(begun.length, 2)
})

t.test('new limits hold at once, also for bans in force', async t => {
  const { clock, bans, fail } = createRig(2)
  fail(2)
  bans.change({ perMinute: 2, banMs: 3_600_000 })
  clock.advance(3_599_000)
  t.match(bans.refusal(CLIENT), /another 1 s/)
  bans.change({ perMinute: 0, banMs: 3_600_000 })
  t.equal(bans.refusal(CLIENT), null)
  fail(50)
  bans.change({ perMinute: 2, banMs: 3_600_000 })
  t.equal(bans.refusal(CLIENT), null, 'a ban that was lifted does not come back')
  fail(1)
  t.equal(bans.refusal(CLIENT), null, 'what failed meanwhile did not count')
  clock.advance(1000)
  bans.change({ perMinute: 1, banMs: 1 })
  fail(1)
  t.ok(bans.refusal(CLIENT))
})

t.test('a ban that is over does not come back with a longer duration', async t => {
  const { clock, bans, begun, fail } = createRig(2)
  fail(2)
  clock.advance(60_000)
  bans.change({ perMinute: 2, banMs: 3_600_000 })
  t.equal(bans.refusal(CLIENT), null, 'it had ended')
  fail(2)
  clock.advance(2000)
  bans.change({ perMinute: 2, banMs: 2000 })
  bans.change({ perMinute: 2, banMs: 3_600_000 })
  t.equal(bans.refusal(CLIENT), null, 'a shorter duration ended it')
  fail(2)
  bans.change({ perMinute: 2, banMs: 5000 })
  clock.advance(4000)
  bans.change({ perMinute: 2, banMs: 10_000 })
  t.match(bans.refusal(CLIENT), /another 6 s/, 'one in force is longer, from when it began')
  t.equal(begun.length, 3)
})

t.test('clients of this host are never banned, because many share an address', async t => {
  const { bans, begun, fail } = createRig()
  for (const client of ['unix', '127.0.0.1', '127.8.9.10', '0.0.0.0.0.0.0.0']) {
    fail(5, client)
    t.equal(bans.refusal(client), null, client)
  }
  t.same(begun, [])
})

t.test('an IPv6 network is banned as one', async t => {
  const { bans, begun, fail } = createRig()
  fail(3, '32.1.13.184.0.0.0.1')
  t.match(bans.refusal('32.1.13.184.0.0.0.1'), /^2001:db8:0:1::\/64 is banned/)
  t.match(begun, [{ client: '2001:db8:0:1::/64' }])
})

t.test('so many clients are remembered, and who failed least recently is forgotten', async t => {
  const { bans, fail } = createRig(2)
  fail(2, 'first')
  fail(1, 'second')
  for (let n = 0; n < CLIENTS_MAX - 2; n++) fail(1, `client ${n}`)
  fail(1, 'second')
  t.ok(bans.refusal('first') && bans.refusal('second'))
  fail(1, 'one more')
  t.equal(bans.refusal('first'), null)
  t.ok(bans.refusal('second'), 'which failed since')
})
