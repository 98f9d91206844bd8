import fc from 'fast-check'
import t from 'tap'
import { raceOutcome } from '../../src/listener/race-outcome.ts'
import { replyCode } from '../../src/wire/socks5/reply-code.ts'

/** What a SOCKS5 client hears of it. */
const replyOf = (codes: readonly string[], lookupCodes?: readonly string[]): number =>
  replyCode(raceOutcome(codes, lookupCodes))

const ROWS: Readonly<Record<string, number>> = {
  ECONNREFUSED: 5,
  ECONNRESET: 5,
  EPIPE: 5,
  ERR_ACCESS_DENIED: 2,
  ERR_LOOP: 2,
  EACCES: 2,
  EPERM: 2,
  EHOSTUNREACH: 4,
  EHOSTDOWN: 4,
  ENOTFOUND: 4,
  ENODATA: 4,
  ESERVFAIL: 4,
  EREFUSED: 4,
  EBADRESP: 4,
  EFORMERR: 4,
  ENOTIMP: 4,
  ECANCELLED: 4,
  ERR_INVALID_NAME: 4,
  ENETUNREACH: 3,
  ENETDOWN: 3,
  EADDRNOTAVAIL: 3,
  ETIMEDOUT: 6,
  EAFNOSUPPORT: 8,
  EMFILE: 1,
  ENFILE: 1,
  ERR_BUG: 1,
  toString: 1,
}

void t.test('one cause', async t => {
  for (const [code, reply] of Object.entries(ROWS)) t.equal(replyOf([code]), reply, code)
})

void t.test('nothing known is 01', async t => {
  t.equal(replyOf([]), 1)
  t.equal(replyOf([], []), 1)
})

void t.test('mixed failures give the first of 05, 02, 04, 03, 06, 01', async t => {
  const order = ['ECONNREFUSED', 'EPERM', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EMFILE']
  const replies = [5, 2, 4, 3, 6, 1]
  for (let first = 0; first < order.length; first++) {
    t.equal(replyOf(order.slice(first)), replies[first])
    t.equal(replyOf(order.slice(first).toReversed()), replies[first], 'in any order')
  }
  t.equal(replyOf(['EAFNOSUPPORT', 'EMFILE']), 8, '08 says more than 01')
  t.equal(replyOf(['EAFNOSUPPORT', 'ETIMEDOUT']), 6, 'and less than all else')
})

void t.test('every failed lookup is 04, whatever the DNS server did', async t => {
  for (const code of ['ENOTFOUND', 'ENODATA', 'ESERVFAIL', 'ETIMEDOUT', 'ECONNREFUSED', 'EX']) {
    t.equal(replyOf([], [code]), 4, code)
  }
  t.equal(replyOf(['ETIMEDOUT'], ['ECONNREFUSED']), 4)
  t.equal(replyOf([], ['ERR_DNS_LIMIT']), 1, 'a lookup that had no turn')
  t.equal(replyOf(['ETIMEDOUT'], ['ERR_DNS_LIMIT']), 6)
  t.equal(replyOf(['ECONNREFUSED'], ['ETIMEDOUT']), 5)
})

void t.test('a family without addresses is no failure beside attempts to the other', async t => {
  for (const code of ['ENODATA', 'ENOTFOUND']) {
    t.equal(replyOf(['ETIMEDOUT'], [code]), 6)
    t.equal(replyOf(['ENETUNREACH'], [code]), 3)
    t.equal(replyOf(['EMFILE'], [code]), 1)
  }
  t.equal(replyOf(['ETIMEDOUT'], ['ENODATA', 'ESERVFAIL']), 4)
})

void t.test(
  'the order and number of causes make no difference, and 00 never comes out',
  async t => {
    const code = fc.constantFrom(...Object.keys(ROWS), 'EX')
    fc.assert(
      fc.property(fc.array(code), fc.array(code), (codes, lookups) => {
        const reply = replyOf(codes, lookups)
        return (
          reply >= 1 &&
          reply <= 8 &&
          reply === replyOf(codes.toReversed(), [...lookups, ...lookups].toReversed())
        )
      }),
    )
    t.pass()
  },
)

void t.test('outcomes that SOCKS5 has one reply for are told apart', async t => {
  t.equal(raceOutcome(['ERR_ACCESS_DENIED', 'ERR_LOOP']), 'denied')
  t.equal(raceOutcome(['ERR_LOOP', 'EHOSTUNREACH']), 'loop')
  t.equal(raceOutcome(['EHOSTUNREACH'], ['ESERVFAIL']), 'host-unreachable')
  t.equal(
    raceOutcome([], ['ENOTFOUND', 'ESERVFAIL']),
    'dns-failed',
    'nobody knows whether it exists',
  )
  t.equal(raceOutcome([], ['ENOTFOUND', 'ENODATA', 'ERR_INVALID_NAME']), 'no-address')
  t.equal(raceOutcome([], ['ETIMEDOUT']), 'dns-failed')
  t.equal(raceOutcome([], ['ECONNREFUSED']), 'dns-failed', 'by the DNS server, not by the target')
  t.equal(raceOutcome(['ETIMEDOUT', 'EAFNOSUPPORT']), 'timed-out')
  t.equal(raceOutcome([], ['ERR_DNS_LIMIT']), 'failed')
})
