import t from 'tap'
import { checkNat64, checkServers } from '../../src/doctor/check-servers.ts'
import type { ServerReport } from '../../src/doctor/probe-server.ts'

const FINE: ServerReport = {
  server: '192.0.2.53',
  a: { medianMs: 3.14, code: null, rcode: 0 },
  aaaa: { medianMs: 4, code: null, rcode: 0 },
  tcp: null,
  edns: 'works',
  large: 'whole',
  largeOctets: 1139,
  nat64: [],
}
const silent = (code = 'ETIMEDOUT') => ({ medianMs: null, code, rcode: null })
const DEAD: ServerReport = {
  ...FINE,
  server: '192.0.2.54',
  a: silent(),
  aaaa: silent(),
  tcp: 'ETIMEDOUT',
  edns: null,
  large: 'unknown',
}

const texts = (...reports: readonly ServerReport[]): readonly string[] =>
  checkServers(reports).map(({ id, severity, message }) => `${id} ${severity}: ${message}`)

t.test('a server without a fault is one line', async t => {
  t.strictSame(texts(FINE), [
    'dns.server ok: DNS server 192.0.2.53 answers A in 3.1 ms, AAAA in 4 ms (UDP, TCP, EDNS(0), answers of 1139 bytes)',
  ])
})

t.test('a server that does not serve is a problem, unless another one does', async t => {
  t.strictSame(texts(DEAD), ['dns.server problem: DNS server 192.0.2.54 does not answer'])
  t.match(texts(DEAD, FINE)[0], /^dns\.server warning/)
  t.match(checkServers([DEAD, FINE])[0]?.advice, /^Move it behind the others/)
  t.match(checkServers([FINE, DEAD])[1]?.advice, /^Correct or remove it/)
  const refused = { ...DEAD, a: silent('ECONNREFUSED') }
  t.match(texts(refused)[0], /refuses \(ECONNREFUSED\)$/)
  const says = (rcode: number) => ({ medianMs: 1, code: null, rcode })
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

t.test('each fault of a server that answers', async t => {
  const second = (report: Partial<ServerReport>): string => texts({ ...FINE, ...report })[1] ?? ''
  t.match(second({ aaaa: silent() }), /^dns\.aaaa warning: .* for AAAA it does not answer/)
  t.match(second({ aaaa: { medianMs: 1, code: null, rcode: 2 } }), /for AAAA it answers SERVFAIL/)
  t.match(second({ a: silent() }), /^dns\.a warning/)
  t.match(second({ tcp: 'ECONNREFUSED' }), /^dns\.tcp warning: .* refuses \(ECONNREFUSED\) by TCP/)
  t.match(second({ tcp: 'ECONNREFUSED', large: 'truncated' }), /^dns\.tcp problem/, 'it is needed')
  t.match(second({ edns: 'dropped', large: 'unknown' }), /^dns\.edns warning/)
  t.match(second({ edns: 'refused', large: 'unknown' }), /^dns\.edns note/)
  t.match(second({ large: 'lost' }), /^dns\.large warning/)
  t.match(
    second({ a: { medianMs: 812.3, code: null, rcode: 0 } }),
    /^dns\.slow warning: .* takes 812 ms/,
  )
})

t.test('NAT64', async t => {
  const look = (nat64: readonly string[], hasIpv4: boolean, configured = 'auto') =>
    checkNat64([{ ...FINE, nat64 }], hasIpv4, configured).map(({ severity }) => severity)
  t.strictSame(look(['64:ff9b::/96'], false), ['ok'])
  t.strictSame(look(['64:ff9b::/96'], false, 'off'), ['warning'])
  t.strictSame(look([], true), ['ok'])
  t.strictSame(look([], false), ['problem'])
  t.strictSame(look([], false, '2001:db8:64::/96'), ['ok'], 'the prefix is given')
  t.strictSame(checkNat64([DEAD], false, 'auto'), [], 'not known without a server')
})
