import { once } from 'node:events'
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { removeStaleSocket } from '../../../src/net/node/stale-socket.ts'
import { makeSocketDir } from '../../fixtures/socket-dir.ts'
import { makeStaleSocket } from '../../fixtures/stale-socket-file.ts'

void t.test('a socket that nobody answers on is removed', async t => {
  const path = join(makeSocketDir(t), 's')
  await makeStaleSocket(path)
  t.equal(existsSync(path), true)
  await removeStaleSocket(path)
  t.equal(existsSync(path), false)
  await removeStaleSocket(path)
  t.pass('nothing there is nothing to remove')
})

void t.test('one that somebody answers on is not', async t => {
  const path = join(makeSocketDir(t), 's')
  const server = createServer(socket => socket.destroy())
  server.listen(path)
  await once(server, 'listening')
  await t.rejects(removeStaleSocket(path), {
    code: 'EADDRINUSE',
    message: 'another process answers there',
  })
  t.equal(existsSync(path), true)
  server.close()
})

void t.test('what is not a socket is never removed', async t => {
  const dir = makeSocketDir(t)
  const [file, folder, symlink] = [join(dir, 'file'), join(dir, 'folder'), join(dir, 'link')]
  writeFileSync(file, 'precious')
  mkdirSync(folder)
  await makeStaleSocket(join(dir, 's'))
  symlinkSync(join(dir, 's'), symlink)
  for (const path of [file, folder, symlink]) {
    await t.rejects(removeStaleSocket(path), {
      code: 'EADDRINUSE',
      message: 'a file that is not a socket is there; it is left as it is',
    })
    t.equal(existsSync(path), true)
  }
})
