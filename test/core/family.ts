import t from 'tap'
import { familyOf, familyOfAddress } from '../../src/core/family.ts'

void t.test('each record type carries one family', async t => {
  t.equal(familyOf('A'), 4)
  t.equal(familyOf('AAAA'), 6)
})

void t.test('the family of an address, by its text', async t => {
  t.equal(familyOfAddress('192.0.2.1'), 4)
  t.equal(familyOfAddress('2001:db8::1'), 6)
  t.equal(familyOfAddress('fe80::1%eth0'), 6)
})
