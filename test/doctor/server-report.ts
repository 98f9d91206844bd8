import t from 'tap'
import { deniesName, hasName, isFailure, works } from '../../src/doctor/server-report.ts'
import { DEAD_SERVER, FINE_SERVER, saying, silent } from '../fixtures/server-report.ts'

t.test('"no such name" is an answer, and no failure of the server', async t => {
  t.notOk(isFailure(saying(3)))
  t.ok(isFailure(saying(2)))
  t.ok(works({ ...FINE_SERVER, a: saying(3), aaaa: saying(3) }))
  t.notOk(works({ ...FINE_SERVER, a: saying(5), aaaa: saying(5) }))
  t.ok(works({ ...FINE_SERVER, a: silent() }), 'one type is enough')
  t.notOk(works(DEAD_SERVER))
})

t.test('whether a server has a name', async t => {
  t.ok(hasName({ ...FINE_SERVER, a: saying(0) }))
  t.notOk(hasName(DEAD_SERVER))
  t.ok(deniesName({ ...FINE_SERVER, a: saying(3), aaaa: silent() }))
  t.notOk(deniesName({ ...FINE_SERVER, aaaa: saying(3) }), 'it has an A record')
  t.notOk(deniesName(DEAD_SERVER))
})
