import t from 'tap'
import { checkNat64 } from '../../src/doctor/check-nat64.ts'
import { DEAD_SERVER as DEAD, FINE_SERVER as FINE } from '../fixtures/server-report.ts'

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
