import { once } from 'node:events'
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { listenUnix, listenUnixShared } from '../../../src/net/node/listen-unix.ts'
import { makeSocketDir } from '../../fixtures/socket-dir.ts'
import { makeStaleSocket } from '../../fixtures/stale-socket-file.ts'

const listenAt = (
  path: string,
  { mode = 0o600, group }: { readonly mode?: number; readonly group?: string | number } = {},
) =>
  listenUnix(
    createServer(socket => socket.on('error', () => {}).end('hello')),
    { type: 'unix', path },
    { mode, group },
  )

const hear = async (path: string): Promise<string> => {
  const socket = connect({ path })
  const [chunk] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return chunk.toString()
}

void t.test('the socket has its mode and group, and answers', async t => {
  const dir = makeSocketDir(t)
  const path = join(dir, 's')
  const umask = process.umask()
  const bound = await listenAt(path)
  t.equal(process.umask(), umask, 'the umask of the process is as it was')
  t.same(bound.address, { type: 'unix', path })
  t.equal(lstatSync(path).mode & 0o777, 0o600)
  t.same(readdirSync(dir), ['s'], 'no temporary name is left')
  t.equal(await hear(path), 'hello')
  await bound.close()
  t.same(readdirSync(dir), [])
})

void t.test('mode and group as told', async t => {
  const path = join(makeSocketDir(t), 's')
  const group = process.getgroups?.().at(-1) ?? 0
  const bound = await listenAt(path, { mode: 0o666, group })
  t.equal(lstatSync(path).mode & 0o777, 0o666)
  t.equal(lstatSync(path).gid, group)
  await bound.close()
})

void t.test('a group that does not exist: nothing listens, nothing is left', async t => {
  const dir = makeSocketDir(t)
  await t.rejects(listenAt(join(dir, 's'), { group: 'nobody-of-the-kind' }), { code: 'ERR_CONFIG' })
  t.same(readdirSync(dir), [])
})

void t.test('a stale socket is replaced', async t => {
  const path = join(makeSocketDir(t), 's')
  await makeStaleSocket(path)
  const bound = await listenAt(path)
  t.equal(await hear(path), 'hello')
  await bound.close()
})

void t.test('one that answers, and a file of another kind, are left alone', async t => {
  const dir = makeSocketDir(t)
  const [path, file] = [join(dir, 's'), join(dir, 'file')]
  writeFileSync(file, 'precious')
  const bound = await listenAt(path)
  await t.rejects(listenAt(path), { code: 'EADDRINUSE' })
  await t.rejects(listenAt(file), { code: 'EADDRINUSE' })
  t.same(readdirSync(dir).toSorted(), ['file', 's'], 'nothing else is left')
  t.equal(await hear(path), 'hello')
  await bound.close()
})

void t.test('a directory that does not exist', async t => {
  await t.rejects(listenAt(join(makeSocketDir(t), 'none', 's')), { code: 'ENOENT' })
  t.ok(process.umask() !== 0o177, 'the umask is as it was')
})

void t.test('closing leaves alone what another has put there since', async t => {
  const dir = makeSocketDir(t)
  const [path, other] = [join(dir, 's'), join(dir, 'other')]
  const bound = await listenAt(path)
  const second = await listenAt(other)
  unlinkSync(path)
  linkSync(other, path)
  await bound.close()
  t.equal(existsSync(path), true)
  t.equal(await hear(path), 'hello')
  await second.close()
})

void t.test('closing where the file is gone already', async t => {
  const path = join(makeSocketDir(t), 's')
  const bound = await listenAt(path)
  unlinkSync(path)
  await bound.close()
  t.equal(existsSync(path), false)
})

void t.test('a path that leaves no room for a temporary name', async t => {
  const dir = makeSocketDir(t)
  const deep = join(dir, 'd'.repeat(104 - dir.length))
  mkdirSync(deep)
  await t.rejects(listenAt(join(deep, 's')), {
    code: 'ERR_INVALID_ADDRESS',
    message: 'its directory has a path of 105 bytes: at most 101 are allowed for a UNIX socket',
  })
  t.same(readdirSync(dir).length, 1, 'nothing is left')
})

void t.test(
  'a socket that is placed by another is bound under its own name, and left there',
  async t => {
    const dir = makeSocketDir(t)
    const [path, boundAs] = [join(dir, 's'), join(dir, 'bound')]
    const server = createServer(socket => socket.end('hello'))
    const address = { type: 'unix', path } as const
    const bound = await listenUnixShared(server, address, boundAs)
    t.same(bound.address, address, 'it is told as what clients know')
    t.notOk(existsSync(path), 'the name for clients is given by whoever shares it')
    linkSync(boundAs, path)
    t.equal(await hear(path), 'hello')
    await bound.close()
    t.notOk(server.listening)
    t.ok(existsSync(path), 'nor is it taken away here')
    unlinkSync(path)
  },
)
