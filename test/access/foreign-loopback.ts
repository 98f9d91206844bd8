import t from 'tap'
import { hasForeignLoopback } from '../../src/access/foreign-loopback.ts'
import { parseIp } from '../../src/core/ip.ts'

t.test('a loopback address of a client that is not on this host', async t => {
  const check = (address: string | null, isLocal: boolean): boolean =>
    hasForeignLoopback({ ip: address === null ? null : (parseIp(address) ?? null), isLocal })
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', null]) {
    t.equal(check(address, false), true, `${address}, not here`)
    t.equal(check(address, true), false, `${address}, here`)
  }
  for (const address of ['192.0.2.1', '10.0.0.1', '2001:db8::1', 'fe80::1']) {
    t.equal(check(address, false), false, address)
  }
})
