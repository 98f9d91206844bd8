import fc from 'fast-check'
import t from 'tap'
import type { TraceEntry, RaceConfig, RaceEvent } from '../../src/eyeballs/race/types.ts'
import type { FailureVerdict } from '../../src/listener/race-outcome.ts'
import { brokenRace, judgeFailure, raceOutcome } from '../../src/listener/race-outcome.ts'
import { replyCode } from '../../src/wire/socks5/encode.ts'

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
  t.same([replyOf(['EADDRNOTAVAIL']), replyOf(['ENODEV'])], [3, 3])
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

void t.test('outcomes that SOCKS5 has one reply for are distinguished', async t => {
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

type Lookup = string | null
type Attempt = { readonly code: string; readonly denied?: boolean }

/** A race with one lookup for each code (null: unanswered, empty: answered), and these attempts. */
const verdict = (
  lookups: readonly Lookup[],
  attempts: readonly Attempt[],
  reason: 'no-addresses' | 'all-failed' | 'deadline',
): FailureVerdict & { readonly reply: number } => {
  const entries: TraceEntry[] = []
  const event = (each: RaceEvent): number => entries.push({ at: 1, event: each })
  lookups.forEach((code, id) => {
    const record = id === 0 ? 'AAAA' : 'A'
    entries.push({ at: 0, command: { type: 'resolve', id, host: 'x.example', port: 1, record } })
    if (code === '') event({ type: 'resolved', id, candidates: [], source: 'dns' })
    else if (code !== null) event({ type: 'resolve-failed', id, code, source: 'dns' })
  })
  attempts.forEach(({ code, denied = false }, index) => {
    const id = index + 1
    const address = `192.0.2.${id}`
    entries.push({ at: 2, command: { type: 'connect', id, address, family: 4, port: 1 } })
    if (code !== '') {
      event({
        type: 'connect-failed',
        id,
        code,
        message: `${address}: ${code}`,
        sent: true,
        denied,
      })
    } else {
      entries.push({ at: 3, command: { type: 'cancel', id, reason: 'deadline' } })
    }
  })
  entries.push({ at: 4, command: { type: 'lost', reason } })
  const config = {} as RaceConfig
  const found = judgeFailure({
    outcome: 'failed',
    reason,
    trace: { v: 1, config, entries },
    errors: new Map(),
  })
  // What a SOCKS5 client hears of it.
  return { ...found, reply: replyCode(found.outcome) }
}

const DENIED = { code: 'ERR_ACCESS_DENIED', denied: true }
const LOOP = { code: 'ERR_LOOP', denied: true }
const REFUSED = { code: 'ECONNREFUSED' }

t.test('all candidates denied: no race to speak of', async t => {
  t.match(verdict(['', ''], [DENIED, DENIED], 'all-failed'), { rejected: 'access', reply: 2 })
  t.match(verdict(['', ''], [DENIED, LOOP], 'all-failed'), { rejected: 'loop', reply: 2 })
  t.match(verdict(['ESERVFAIL', ''], [DENIED], 'all-failed'), { rejected: 'access', reply: 2 })
})

t.test('some denied: a race', async t => {
  const mixed = verdict(['', ''], [DENIED, REFUSED], 'all-failed')
  t.match(mixed, { reply: 5, error: { code: 'ERR_RACE_FAILED' } })
  t.equal(mixed.rejected, undefined)
  const cut = verdict(['', null], [DENIED], 'deadline')
  t.equal(cut.rejected, undefined, 'the other family might have had others')
  t.equal(cut.reply, 2)
})

t.test('a name that cannot exist', async t => {
  const invalid = verdict(['ERR_INVALID_NAME', 'ERR_INVALID_NAME'], [], 'no-addresses')
  t.match(invalid, { rejected: 'address', reply: 4 })
  const other = verdict(['ERR_INVALID_NAME', 'ENOTFOUND'], [], 'no-addresses')
  t.equal(other.rejected, undefined)
  t.equal(verdict([], [], 'no-addresses').rejected, undefined)
})

t.test('failed lookups and deadlines', async t => {
  t.match(verdict(['ENOTFOUND', 'ENOTFOUND'], [], 'no-addresses'), {
    reply: 4,
    error: { code: 'ENOTFOUND' },
  })
  t.equal(verdict(['ETIMEDOUT', 'ENODATA'], [], 'no-addresses').reply, 4)
  t.match(verdict([null, null], [], 'deadline'), { reply: 4, error: { code: 'ETIMEDOUT' } })
  t.match(verdict(['', null], [{ code: '' }], 'deadline'), { reply: 6 }, 'attempts that hung')
  t.match(verdict(['', ''], [REFUSED, { code: '' }], 'deadline'), { reply: 5 })
})

t.test('lookups that had no turn are a limit, not a name that failed', async t => {
  const limit = { code: 'ERR_DNS_LIMIT', message: /too many DNS lookups/ }
  for (const lookups of [
    ['ERR_DNS_LIMIT', 'ERR_DNS_LIMIT'],
    ['ENODATA', 'ERR_DNS_LIMIT'],
  ]) {
    const refused = verdict(lookups, [], 'no-addresses')
    t.match(refused, { rejected: 'limit', reply: 1, error: limit })
  }
  const raced = verdict(['', 'ERR_DNS_LIMIT'], [REFUSED], 'all-failed')
  t.equal(raced.rejected, undefined)
  t.equal(raced.reply, 5)
})

t.test('a race that broke', async t => {
  const message = 'the race broke: no clock'
  t.same(brokenRace(new Error('no clock')), { outcome: 'failed', code: 'ERR_BUG', message })
  t.equal(brokenRace('no clock').message, message)
})
