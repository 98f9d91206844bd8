import t from 'tap'
import { fail } from '../../../src/core/fail.ts'
import { deserializeError, serializeError } from '../../../src/daemon/processes/messages.ts'

t.test('an error keeps its code and message', async t => {
  const serialized = serializeError(fail('EADDRINUSE', 'taken'))
  t.same(serialized, { code: 'EADDRINUSE', message: 'taken' })
  const failure = deserializeError(serialized)
  t.ok(failure instanceof Error)
  t.match(failure, { code: 'EADDRINUSE', message: 'taken' })
  t.same(serializeError('a text'), { code: 'ERR_BUG', message: 'a text' })
})
