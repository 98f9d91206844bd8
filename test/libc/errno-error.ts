import { once } from 'node:events'
import { connect } from 'node:net'
import { constants } from 'node:os'
import t from 'tap'
import { errnoError } from '../../src/libc/errno-error.ts'
import { createTcpServer } from '../fixtures/tcp-server.ts'

/** What of an error is not inherited, but for its stack. */
const own = (error: Error): Record<string, unknown> =>
  Object.assign(Object.fromEntries(Object.entries(error)), { message: error.message })

void t.test("the error equals Node's for the same failure", async t => {
  for (const address of ['127.0.0.1', '::1']) {
    const server = await createTcpServer(address)
    await server.close()
    const { port } = server
    const [error] = (await once(connect({ host: address, port }), 'error')) as [
      NodeJS.ErrnoException,
    ]
    t.same(own(errnoError(error.errno ?? 0, 'connect', { address, port })), own(error))
  }
})

void t.test('without an address', async t => {
  const errno = -constants.errno.ECONNRESET
  const error = errnoError(errno, 'read')
  t.same(own(error), {
    code: 'ECONNRESET',
    errno,
    syscall: 'read',
    message: 'read ECONNRESET',
  })
  t.ok(error instanceof Error)
  t.match(error.stack, 'errno-error.ts')
})

void t.test('an error number without a name is still reported', async t => {
  t.match(errnoError(-4000, 'read'), { message: /^read .*4000/, errno: -4000 })
})
