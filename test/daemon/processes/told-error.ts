import t from 'tap'
import { fail } from '../../../src/core/fail.ts'
import { tellError, toldFailure } from '../../../src/daemon/processes/told-error.ts'

t.test('an error keeps its code and message', async t => {
  const told = tellError(fail('EADDRINUSE', 'taken'))
  t.same(told, { code: 'EADDRINUSE', message: 'taken' })
  const failure = toldFailure(told)
  t.ok(failure instanceof Error)
  t.match(failure, { code: 'EADDRINUSE', message: 'taken' })
  t.same(tellError('a text'), { code: 'ERR_BUG', message: 'a text' })
})
