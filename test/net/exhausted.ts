import { getSystemErrorName } from 'node:util'
import t from 'tap'
import { ERRNO } from '../../src/libc/constants.ts'
import { EXHAUSTED } from '../../src/net/exhausted.ts'

t.test('want of descriptors and of memory, by their names', async t => {
  t.ok(EXHAUSTED.has(getSystemErrorName(-ERRNO.EMFILE)))
  t.ok(EXHAUSTED.has(getSystemErrorName(-ERRNO.ENFILE)))
  t.ok(EXHAUSTED.has('ENOMEM') && EXHAUSTED.has('ENOBUFS'))
  t.notOk(EXHAUSTED.has('ECONNREFUSED'))
})
