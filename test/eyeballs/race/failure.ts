import t from 'tap'
import { attemptText, lookupText, raceFailure } from '../../../src/eyeballs/race/failure.ts'
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

void t.test('one code where all attempts share it, one message in any case', async t => {
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
  'lookups that failed: a failure to get an answer precedes a negative answer',
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

void t.test(
  'a lookup that failed is about a name or a DNS server, never about the target',
  async t => {
    const server = '192.0.2.53:53'
    for (const [code, text] of [
      ['ENOTFOUND', 'no such name (NXDOMAIN)'],
      ['ENODATA', 'the name has no address'],
      ['ETIMEDOUT', 'DNS server 192.0.2.53 did not answer in time (ETIMEDOUT)'],
      ['ECONNREFUSED', 'DNS server 192.0.2.53 refused the query (ECONNREFUSED)'],
      ['ENETUNREACH', 'DNS server 192.0.2.53 is unreachable (ENETUNREACH)'],
      ['EHOSTUNREACH', 'DNS server 192.0.2.53 is unreachable (EHOSTUNREACH)'],
      [
        'EADDRNOTAVAIL',
        'this host has no address from which to reach DNS server 192.0.2.53 (EADDRNOTAVAIL)',
      ],
      ['ENODEV', 'this host lacks the network interface to DNS server 192.0.2.53 (ENODEV)'],
      ['ESERVFAIL', 'DNS server 192.0.2.53 failed to answer (SERVFAIL)'],
      ['EREFUSED', 'DNS server 192.0.2.53 refuses to answer this host (REFUSED)'],
      ['ENOTIMP', 'DNS server 192.0.2.53 does not know this kind of query (NOTIMP)'],
      ['EFORMERR', 'DNS server 192.0.2.53 does not understand the query (FORMERR)'],
      ['EBADRESP', 'DNS server 192.0.2.53 sent a malformed response (EBADRESP)'],
      ['ECANCELLED', 'the lookup was cancelled (ECANCELLED)'],
      ['EMFILE', 'there was no file descriptor for the query (EMFILE)'],
      ['ERR_DNS_LIMIT', 'too many DNS lookups wait for their turn'],
      ['ERR_INVALID_NAME', 'the name cannot exist: it breaks the rules for DNS names'],
      ['EMORE', 'the lookup failed (EMORE)'],
    ] as const) {
      t.equal(lookupText({ code, server }), text)
    }
    t.equal(lookupText({}), 'no DNS answer came in time')
  },
)

void t.test('a DNS server by its address, with the port where that is not 53', async t => {
  const shown = (server: string): string | undefined =>
    /^DNS server (.*) refused/.exec(lookupText({ code: 'ECONNREFUSED', server }))?.[1]
  t.equal(shown('[2001:db8::53]:53'), '2001:db8::53')
  t.equal(shown('2001:db8::53'), '2001:db8::53')
  t.equal(shown('fe80::53%eth0'), 'fe80::53%eth0')
  t.equal(shown('192.0.2.1:5353'), '192.0.2.1:5353')
  t.equal(shown('[2001:db8::1]:5353'), '[2001:db8::1]:5353')
  t.match(lookupText({ code: 'ECONNREFUSED' }), /^there is no DNS server that takes queries/)
  t.match(lookupText({ code: 'ETIMEDOUT' }), /^no DNS server answered in time/)
})

const failed = (code: string, more: Partial<AttemptSummary> = {}): AttemptSummary => ({
  n: 1,
  address: '2001:db8::1',
  family: 6,
  port: 443,
  startMs: 10,
  endMs: 30_010,
  outcome: 'failed',
  code,
  ...more,
})

void t.test('an attempt that failed', async t => {
  for (const [code, text] of [
    ['ECONNREFUSED', '2001:db8::1 refused the connection'],
    ['ETIMEDOUT', '2001:db8::1 timed out after 30 s'],
    ['ECONNRESET', '2001:db8::1 reset the connection'],
    ['EHOSTUNREACH', '2001:db8::1 is unreachable (EHOSTUNREACH)'],
    ['ENETUNREACH', 'there is no route to 2001:db8::1 (ENETUNREACH)'],
    ['EADDRNOTAVAIL', 'this host has no address from which to reach 2001:db8::1 (EADDRNOTAVAIL)'],
    ['ENODEV', 'this host lacks the network interface to 2001:db8::1 (ENODEV)'],
    ['EACCES', 'the system forbids connections to 2001:db8::1 (EACCES)'],
    ['EPERM', 'the system forbids connections to 2001:db8::1 (EPERM)'],
    ['EMFILE', 'there was no file descriptor for 2001:db8::1 (EMFILE)'],
    ['ENFILE', 'there was no file descriptor for 2001:db8::1 (ENFILE)'],
    ['EIO', '2001:db8::1 failed (EIO)'],
  ] as const) {
    t.equal(attemptText(failed(code), false), text)
  }
  t.equal(attemptText(failed('EIO'), true), '[2001:db8::1]:443 failed (EIO)')
  const denied = { outcome: 'denied' } as const
  const byRule = failed('ERR_ACCESS_DENIED', { ...denied, rule: 2 })
  t.equal(attemptText(byRule, false), '2001:db8::1 is denied by access rule 2')
  t.match(attemptText(failed('ERR_ACCESS_DENIED', denied), false), /denied by a built-in rule$/)
  t.match(attemptText(failed('ERR_LOOP', denied), false), /one of the daemon's own listeners$/)
})

void t.test('spans of time as people say them', async t => {
  const after = (endMs: number | null): string => attemptText(failed('ETIMEDOUT', { endMs }), false)
  t.match(after(260.4), / after 250 ms$/)
  t.match(after(1510), / after 1\.5 s$/)
  t.match(after(null), / after 0 ms$/)
})
