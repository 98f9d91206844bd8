import t from 'tap'
import { raceFailure } from '../../../src/eyeballs/race/failure.ts'
import type { AttemptSummary, RaceSummary } from '../../../src/eyeballs/race/summary.ts'

const summary = (changes: Partial<RaceSummary>): RaceSummary => ({
  durationMs: 10,
  hidden: false,
  winner: null,
  lost: 'all-failed',
  dns: [],
  attempts: [],
  untried: 0,
  ...changes,
})

const attempt = (n: number, code: string, message = `connect ${code} ${n}`): AttemptSummary => ({
  n,
  address: `192.0.2.${n}`,
  family: 4,
  port: 443,
  startMs: 0,
  endMs: 1,
  outcome: 'failed',
  code,
  message,
})

const lookup = (type: 'A' | 'AAAA', code?: string): RaceSummary['dns'][number] => ({
  type,
  host: 'example.com',
  startMs: 0,
  endMs: 1,
  ...(code === undefined ? {} : { code }),
})

void t.test('one code where all attempts share it, one sentence in any case', async t => {
  const attempts = [attempt(1, 'ECONNREFUSED', 'refused'), attempt(2, 'ECONNREFUSED', 'refused')]
  t.strictSame(raceFailure(summary({ attempts })), {
    code: 'ECONNREFUSED',
    message:
      'no address answered: 192.0.2.1 refused the connection, 192.0.2.2 refused the connection',
    attemptCodes: ['ECONNREFUSED', 'ECONNREFUSED'],
  })
})

void t.test('several codes', async t => {
  const attempts = [attempt(1, 'ENETUNREACH'), attempt(2, 'ECONNREFUSED')]
  t.match(raceFailure(summary({ attempts })), {
    code: 'ERR_RACE_FAILED',
    message:
      'no address answered: there is no route to 192.0.2.1 (ENETUNREACH), 192.0.2.2 refused the connection',
    attemptCodes: ['ENETUNREACH', 'ECONNREFUSED'],
  })
})

void t.test('ports where they differ, what was left untried, and lookups that failed', async t => {
  const attempts = [attempt(1, 'ECONNREFUSED'), { ...attempt(2, 'ECONNREFUSED'), port: 80 }]
  const dns = [{ ...lookup('AAAA', 'ESERVFAIL'), server: '192.0.2.53:53' }, lookup('A')]
  t.equal(
    raceFailure(summary({ attempts, dns, untried: 3 })).message,
    'no address answered: 192.0.2.1:443 refused the connection, 192.0.2.2:80 refused the connection; ' +
      'AAAA lookup: DNS server 192.0.2.53 failed to answer (SERVFAIL); 3 more were not attempted',
  )
  const quiet = [lookup('AAAA', 'ENODATA'), lookup('A')]
  t.match(raceFailure(summary({ attempts, dns: quiet })).message, /the connection$/)
})

void t.test('denied addresses were not asked to answer', async t => {
  const attempts = [{ ...attempt(1, 'ERR_ACCESS_DENIED'), outcome: 'denied' as const, rule: 1 }]
  t.match(raceFailure(summary({ attempts })), {
    code: 'ERR_ACCESS_DENIED',
    message: '192.0.2.1 is denied by access rule 1',
  })
})

void t.test(
  'lookups that failed: what could not be asked tells more than what is not there',
  async t => {
    const code = (...codes: string[]): string =>
      raceFailure(summary({ lost: 'no-addresses', dns: codes.map(each => lookup('A', each)) })).code
    t.equal(code('ENOTFOUND', 'ENOTFOUND'), 'ENOTFOUND')
    t.equal(code('ENODATA', 'ENOTFOUND'), 'ENOTFOUND')
    t.equal(code('ENODATA', 'ENODATA'), 'ENODATA')
    t.equal(code('ENODATA', 'ESERVFAIL'), 'ESERVFAIL')
    t.equal(code('ENOTFOUND', 'EBADRESP'), 'EBADRESP')
    t.equal(code('ESERVFAIL', 'ETIMEDOUT'), 'ETIMEDOUT')
    t.equal(code(), 'ENOTFOUND')
  },
)

void t.test(
  'the text of failed lookups: what both say once, what differs by its record',
  async t => {
    const text = (...dns: RaceSummary['dns']): string =>
      raceFailure(summary({ lost: 'no-addresses', dns })).message
    t.equal(text(lookup('AAAA', 'ENOTFOUND'), lookup('A', 'ENOTFOUND')), 'no such name (NXDOMAIN)')
    t.equal(text(lookup('AAAA', 'ENODATA'), lookup('A', 'ENODATA')), 'the name has no address')
    const server = '192.0.2.53:53'
    const refused = { ...lookup('A', 'ECONNREFUSED'), server }
    const one = 'DNS server 192.0.2.53 refused the query (ECONNREFUSED)'
    t.equal(text({ ...refused, type: 'AAAA' }, refused), one)
    t.equal(text(lookup('AAAA', 'ENODATA'), refused), one, 'no record of a family says nothing')
    t.equal(text(lookup('AAAA', 'ENOTFOUND'), refused), `AAAA: no such name (NXDOMAIN), A: ${one}`)
    const other = { ...lookup('A', 'ENODATA'), host: 'other.example.com' }
    t.equal(
      text(lookup('AAAA', 'ENOTFOUND'), lookup('A', 'ENOTFOUND'), other),
      'no such name (NXDOMAIN)',
    )
    t.equal(
      text(lookup('A', 'ENOTFOUND'), { ...other, code: 'ESERVFAIL' }),
      'example.com A: no such name (NXDOMAIN), other.example.com A: a DNS server failed to answer (SERVFAIL)',
    )
    t.equal(text(), 'there is no address to connect to')
  },
)

void t.test('a deadline while lookups are out', async t => {
  const dns = [lookup('AAAA', 'ENODATA'), lookup('A')]
  t.strictSame(raceFailure(summary({ lost: 'deadline', dns })), {
    code: 'ETIMEDOUT',
    message: 'no DNS answer came in time',
    attemptCodes: [],
  })
})
