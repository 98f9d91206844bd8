import t from 'tap'
import type { FailureOutcome } from '../../../src/core/judge.ts'
import { errorStatus, nextHopStatus, proxyError } from '../../../src/wire/http/proxy-status.ts'

t.test('RFC 9209 section 2.3: each outcome has its error type', async t => {
  const rows: [FailureOutcome, string, string][] = [
    ['denied', 'ERR_ACCESS_DENIED', 'destination_ip_prohibited'],
    ['client-denied', 'ERR_ACCESS_DENIED', 'http_request_denied'],
    ['loop', 'ERR_LOOP', 'proxy_loop_detected'],
    ['refused', 'ECONNREFUSED', 'connection_refused'],
    ['refused', 'ERR_RACE_FAILED', 'connection_refused'],
    ['refused', 'ECONNRESET', 'connection_terminated'],
    ['refused', 'EPIPE', 'connection_terminated'],
    ['host-unreachable', 'EHOSTUNREACH', 'destination_ip_unroutable'],
    ['network-unreachable', 'ENETUNREACH', 'destination_ip_unroutable'],
    ['no-family', 'EAFNOSUPPORT', 'destination_ip_unroutable'],
    ['timed-out', 'ETIMEDOUT', 'connection_timeout'],
    ['dns-failed', 'ETIMEDOUT', 'dns_timeout'],
    ['limit', 'ERR_DNS_LIMIT', 'connection_limit_reached'],
    ['failed', 'EMFILE', 'proxy_internal_error'],
  ]
  for (const [outcome, code, error] of rows) {
    t.equal(errorStatus(proxyError(outcome, code), code), `eyeballd; error=${error}`)
  }
})

t.test('RFC 9209 section 2.3.2: a DNS error has its response code where there is one', async t => {
  const rows: [FailureOutcome, string, string][] = [
    ['no-address', 'ENOTFOUND', '; rcode="NXDOMAIN"'],
    ['no-address', 'ENODATA', '; rcode="NOERROR"'],
    ['no-address', 'ERR_INVALID_NAME', ''],
    ['dns-failed', 'ESERVFAIL', '; rcode="SERVFAIL"'],
    ['dns-failed', 'EREFUSED', '; rcode="REFUSED"'],
    ['dns-failed', 'EFORMERR', '; rcode="FORMERR"'],
    ['dns-failed', 'ENOTIMP', '; rcode="NOTIMP"'],
    ['dns-failed', 'ECONNREFUSED', ''],
  ]
  for (const [outcome, code, rcode] of rows) {
    t.equal(errorStatus(proxyError(outcome, code), code), `eyeballd; error=dns_error${rcode}`)
  }
})

t.test('RFC 9209 section 2.1.2: the next hop of a success', async t => {
  t.equal(nextHopStatus({ host: '192.0.2.1', port: 443 }), 'eyeballd; next-hop="192.0.2.1:443"')
  t.equal(
    nextHopStatus({ host: '2001:db8::1', port: 443 }),
    'eyeballd; next-hop="[2001:db8::1]:443"',
  )
})

t.test('RFC 8941 section 3.3.3: a string is visible ASCII, and its quotes are escaped', async t => {
  const host = 'a"b\\c\r\nd\0é\x7f ~'
  const value = nextHopStatus({ host, port: 1 })
  t.equal(value, 'eyeballd; next-hop="a\\"b\\\\c??d??? ~:1"')
})
