import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import type { linkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { placeSocket, removeStaleSocket } from '../../src/net/place-socket.ts'
import { makeSocketDir } from '../fixtures/socket-dir.ts'
import { makeStaleSocket } from '../fixtures/stale-socket-file.ts'

const failing =
  (code: string, before: () => void = () => {}): typeof linkSync =>
  () => {
    before()
    throw Object.assign(new Error(code), { code })
  }

void t.test('the socket gets its name and loses the old one', async t => {
  const dir = makeSocketDir(t)
  const [from, to] = [join(dir, 'from'), join(dir, 'to')]
  await makeStaleSocket(from)
  const { ino } = lstatSync(from)
  await placeSocket(from, to)
  t.equal(existsSync(from), false)
  t.equal(lstatSync(to).ino, ino)
})

void t.test('a stale socket is replaced, anything else stays', async t => {
  const dir = makeSocketDir(t)
  const [from, to, file] = [join(dir, 'from'), join(dir, 'to'), join(dir, 'file')]
  writeFileSync(file, 'precious')
  await makeStaleSocket(from)
  await makeStaleSocket(to)
  const { ino } = lstatSync(from)
  await t.rejects(placeSocket(from, file), { code: 'EADDRINUSE' })
  t.equal(readFileSync(file, 'utf8'), 'precious')
  await placeSocket(from, to)
  t.equal(lstatSync(to).ino, ino)
})

void t.test('without hard links the socket is renamed if the path is free', async t => {
  const dir = makeSocketDir(t)
  const [from, to, file] = [join(dir, 'from'), join(dir, 'to'), join(dir, 'file')]
  writeFileSync(file, 'precious')
  await makeStaleSocket(from)
  await t.rejects(placeSocket(from, file, failing('EPERM')), { code: 'EADDRINUSE' })
  t.equal(readFileSync(file, 'utf8'), 'precious')
  await makeStaleSocket(to)
  const { ino } = lstatSync(from)
  await placeSocket(from, to, failing('ENOTSUP'))
  t.equal(lstatSync(to).ino, ino)
  t.equal(existsSync(from), false)
})

void t.test('a path that others take repeatedly is in use', async t => {
  const dir = makeSocketDir(t)
  const [from, to] = [join(dir, 'from'), join(dir, 'to')]
  let tries = 0
  await t.rejects(
    placeSocket(
      from,
      to,
      failing('EEXIST', () => void tries++),
    ),
    {
      code: 'EADDRINUSE',
      message: 'other processes listen there in turns',
    },
  )
  t.equal(tries, 3)
})

void t.test("any other error is the system's", async t => {
  const dir = makeSocketDir(t)
  await t.rejects(placeSocket(join(dir, 'from'), join(dir, 'to'), failing('EROFS')), {
    code: 'EROFS',
  })
  await t.rejects(placeSocket(join(dir, 'from'), join(dir, 'to')), { code: 'ENOENT' })
})

void t.test('a socket that nobody answers on is removed', async t => {
  const path = join(makeSocketDir(t), 's')
  await makeStaleSocket(path)
  t.equal(existsSync(path), true)
  await removeStaleSocket(path)
  t.equal(existsSync(path), false)
  await removeStaleSocket(path)
  t.pass('nothing there is nothing to remove')
})

void t.test('a socket that answers is not removed', async t => {
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
