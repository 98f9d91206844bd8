import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { socketPathState } from '../../../src/net/host/socket-path.ts'
import { temporaryDirectory } from '../../fixtures/start-eyeballd.ts'

t.test('what is at the path of a socket', async t => {
  const folder = temporaryDirectory(t)
  const path = join(folder, 'a.sock')
  t.equal(socketPathState(path), 'free')
  t.equal(socketPathState(join(folder, 'none', 'a.sock')), 'no-folder')
  writeFileSync(join(folder, 'file'), '')
  t.equal(socketPathState(join(folder, 'file')), 'other-file')
  t.equal(socketPathState(join(folder, 'file', 'a.sock')), 'no-folder')
  const server = createServer()
  await new Promise<void>(resolve => server.listen(path, resolve))
  t.equal(socketPathState(path), 'socket')
  await new Promise(resolve => server.close(resolve))
  t.equal(socketPathState(path), 'free', 'and nothing was left there')
})

t.test('a folder of another user, and one that is mounted read-only', async t => {
  const path = join(temporaryDirectory(t), 'a.sock')
  for (const code of ['EACCES', 'EROFS']) {
    const refuse = (): never => {
      throw Object.assign(new Error('x'), { code })
    }
    t.equal(socketPathState(path, refuse), 'no-right')
  }
})
