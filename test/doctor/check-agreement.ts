import t from 'tap'
import { checkAgreement } from '../../src/doctor/check-agreement.ts'
import type { ServerReport } from '../../src/doctor/server-report.ts'
import { FINE_SERVER as FINE, saying } from '../fixtures/server-report.ts'

const NONE: ServerReport = { ...FINE, server: '192.0.2.54', a: saying(3), aaaa: saying(3) }

const look = (reports: readonly ServerReport[], isNameGiven = false): readonly string[] =>
  checkAgreement(reports, isNameGiven).map(
    ({ id, severity, message }) => `${id} ${severity}: ${message}`,
  )

t.test('servers that agree', async t => {
  t.strictSame(look([FINE, { ...FINE, server: '192.0.2.54' }]), [])
  t.strictSame(look([]), [])
})

t.test('a name that one server has, and another denies', async t => {
  t.strictSame(look([NONE, FINE]), [
    'dns.differ warning: DNS server 192.0.2.54 says that there is no name example.com (NXDOMAIN), and 192.0.2.53 has it',
  ])
})

t.test('a name that nobody has', async t => {
  const both = [NONE, { ...NONE, server: '192.0.2.55' }]
  t.strictSame(look(both), [
    'dns.name warning: DNS servers 192.0.2.54, 192.0.2.55 say that there is no name example.com (NXDOMAIN)',
  ])
  t.match(look(both, true), [/^dns\.name note: /], 'it may be misspelt')
})

t.test('a server that leaves AAAA records out', async t => {
  const filter = { ...FINE, server: '192.0.2.54', aaaa: saying(0) }
  t.strictSame(look([filter, FINE]), [
    'dns.differ warning: DNS server 192.0.2.54 has no AAAA record of example.com, and 192.0.2.53 has',
  ])
  t.strictSame(look([filter]), [], 'the name may have none')
})
