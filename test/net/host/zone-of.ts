import t from 'tap'
import { isZoneMissing, zoneOf } from '../../../src/net/host/zone-of.ts'

t.test('the zone of an address', async t => {
  t.equal(zoneOf('fe80::1%eth0'), 'eth0')
  t.equal(zoneOf('fe80::1'), undefined)
})

t.test('a zone that this host does not have', async t => {
  const hasInterface = (name: string): boolean => name === 'eth0'
  t.equal(isZoneMissing('fe80::1%eth1', hasInterface), true)
  t.equal(isZoneMissing('fe80::1%eth0', hasInterface), false)
  t.equal(isZoneMissing('fe80::1', hasInterface), false)
})
