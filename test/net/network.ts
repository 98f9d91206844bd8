import { getSystemErrorName } from 'node:util'
import t from 'tap'
import { ERRNO } from '../../src/libc/constants.ts'
import { EXHAUSTED, notConnected } from '../../src/net/network.ts'

t.test('the codes for lack of descriptors and of memory', async t => {
  t.ok(EXHAUSTED.has(getSystemErrorName(-ERRNO.EMFILE)))
  t.ok(EXHAUSTED.has(getSystemErrorName(-ERRNO.ENFILE)))
  t.ok(EXHAUSTED.has('ENOMEM') && EXHAUSTED.has('ENOBUFS'))
  t.notOk(EXHAUSTED.has('ECONNREFUSED'))
})

void t.test("the message is like Node's, with the system's error if there is one", t => {
  const error = new Error('connect ECONNREFUSED ::1:80')
  t.strictSame(notConnected({ address: '::1', family: 6, port: 80 }, 'ECONNREFUSED', true, error), {
    ok: false,
    code: 'ECONNREFUSED',
    message: 'connect ECONNREFUSED [::1]:80',
    sent: true,
    error,
  })
  t.strictSame(notConnected({ address: '192.0.2.1', family: 4, port: 9 }, 'EMFILE', false), {
    ok: false,
    code: 'EMFILE',
    message: 'connect EMFILE 192.0.2.1:9',
    sent: false,
  })
  t.end()
})
