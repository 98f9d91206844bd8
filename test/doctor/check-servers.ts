import t from 'tap'
import { checkServers } from '../../src/doctor/check-servers.ts'
import type { ServerReport } from '../../src/doctor/server-report.ts'
import {
  DEAD_SERVER as DEAD,
  FINE_SERVER as FINE,
  saying as says,
  silent,
} from '../fixtures/server-report.ts'

const texts = (...reports: readonly ServerReport[]): readonly string[] =>
  checkServers(reports, false).map(({ id, severity, message }) => `${id} ${severity}: ${message}`)

t.test('a server without a fault is one line', async t => {
  t.strictSame(texts(FINE), [
    'dns.server ok: DNS server 192.0.2.53 answers A in 3.1 ms, AAAA in 4 ms (UDP, TCP, EDNS(0), answers of 1139 bytes)',
  ])
})

t.test('a server that does not serve is a problem, unless another one does', async t => {
  t.strictSame(texts(DEAD), ['dns.server problem: DNS server 192.0.2.54 does not answer'])
  t.match(texts(DEAD, FINE)[0], /^dns\.server warning/)
  t.match(checkServers([DEAD, FINE], false)[0]?.advice, /^Move it behind the others/)
  t.match(checkServers([FINE, DEAD], false)[1]?.advice, /^Correct or remove it/)
  const refused = { ...DEAD, a: silent('ECONNREFUSED') }
  t.match(texts(refused)[0], /refuses \(ECONNREFUSED\)$/)
  t.match(
    texts({ ...FINE, a: says(5), aaaa: says(5) })[0],
    /^dns\.server problem: .* answers REFUSED/,
  )
  t.match(texts({ ...FINE, a: says(9), aaaa: says(9) })[0], /answers code 9/)
  t.match(
    texts({ ...FINE, a: says(3), aaaa: says(3) })[0],
    /^dns\.server ok/,
    'no such name is an answer',
  )
})

t.test('a name that is not there, and one that a server has for one type only', async t => {
  const none = { ...FINE, a: says(3), aaaa: says(3) }
  t.match(texts(none), [
    /^dns\.server ok: .* answers A in 1 ms \(no such name\), AAAA in 1 ms \(no such name\) /,
    /^dns\.name warning: DNS server 192\.0\.2\.53 says that there is no name example\.com/,
  ])
  t.match(texts({ ...FINE, aaaa: { ...says(0), records: 0 } })[0], /AAAA in 1 ms \(none\) \(UDP/)
  const half = texts({ ...FINE, aaaa: says(3) })
  t.match(
    half[1],
    /^dns\.aaaa warning: DNS server 192\.0\.2\.53 has A records of example\.com, and says for AAAA that there is no such name/,
  )
  t.equal(half.length, 2)
  t.match(texts({ ...FINE, a: says(3) })[1], /^dns\.a warning: .* has AAAA records/)
})

t.test('each fault of a server that answers', async t => {
  const second = (report: Partial<ServerReport>): string => texts({ ...FINE, ...report })[1] ?? ''
  t.match(second({ aaaa: silent() }), /^dns\.aaaa warning: .* for AAAA it does not answer/)
  t.match(second({ aaaa: says(2) }), /for AAAA it answers SERVFAIL/)
  t.match(second({ a: silent() }), /^dns\.a warning/)
  t.match(second({ tcp: 'ECONNREFUSED' }), /^dns\.tcp warning: .* refuses \(ECONNREFUSED\) by TCP/)
  t.match(second({ tcp: 'ECONNREFUSED', large: 'truncated' }), /^dns\.tcp problem/, 'it is needed')
  t.match(second({ edns: 'dropped', large: 'unknown' }), /^dns\.edns warning/)
  t.match(second({ edns: 'refused', large: 'unknown' }), /^dns\.edns note/)
  t.match(second({ large: 'lost' }), /^dns\.large warning/)
  t.match(second({ a: { ...FINE.a, medianMs: 812.3 } }), /^dns\.slow warning: .* takes 812 ms/)
})
