import t from 'tap'
import { familyOf } from '../../src/core/family.ts'

void t.test('each record type carries one family', async t => {
  t.equal(familyOf('A'), 4)
  t.equal(familyOf('AAAA'), 6)
})
