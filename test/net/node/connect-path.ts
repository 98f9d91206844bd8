import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { connectPath } from '../../../src/net/node/connect-path.ts'
import { errorOf } from '../../fixtures/ask-http.ts'
import { testLeavingNothing } from '../../fixtures/nothing-left.ts'
import { makeSocketDir } from '../../fixtures/socket-dir.ts'

const never = new AbortController().signal

testLeavingNothing('a plain socket, with nothing of ours on it', async (t, owner) => {
  const path = join(makeSocketDir(owner), 's')
  const server = createServer(socket => socket.end('hi'))
  await once(server.listen(path), 'listening')
  owner.teardown(() => server.close())
  const socket = await connectPath(path, never)
  t.same(
    ['error', 'close', 'connect'].map(name => socket.listenerCount(name)),
    [0, 0, 0],
  )
  t.equal(String(await once(socket, 'data')), 'hi')
  socket.destroy()
})

testLeavingNothing("the system's own error, or the signal's reason", async (t, owner) => {
  const path = join(makeSocketDir(owner), 's')
  t.match(await errorOf(connectPath(path, never)), { code: 'ENOENT', syscall: 'connect' })
  const why = new Error('enough')
  t.equal(await errorOf(connectPath(path, AbortSignal.abort(why))), why)
  const ending = new AbortController()
  const left = errorOf(connectPath(path, ending.signal))
  ending.abort(why)
  t.equal(await left, why)
})
