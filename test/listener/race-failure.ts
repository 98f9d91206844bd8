import t from 'tap'

import type { TraceEntry } from '../../src/eyeballs/race/trace.ts'
import type { RaceConfig, RaceEvent } from '../../src/eyeballs/race/types.ts'
import type { FailureVerdict } from '../../src/listener/race-failure.ts'
import { judgeFailure } from '../../src/listener/race-failure.ts'
import { replyCode } from '../../src/wire/socks5/reply-code.ts'

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
