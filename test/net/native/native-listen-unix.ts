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
import type { Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import type { StreamSocket } from '../../../src/core/stream-socket.ts'
import { SOCK } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import { listenUnixNative, takeOver } from '../../../src/net/native/native-listen-unix.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { makeSocketDir } from '../../fixtures/socket-dir.ts'
import { makeStaleSocket } from '../../fixtures/stale-socket-file.ts'

type Rights = { readonly mode?: number; readonly group?: string | number }

/** Listens; `hear` lets one client connect and returns what it receives. */
const listenAt = async (libc: Libc, path: string, { mode = 0o600, group }: Rights = {}) => {
  let listener = -1
  const bound = await listenUnixNative(libc, { type: 'unix', path }, { mode, group }, fd => {
    listener = fd
    return () => (listener = -1)
  })
  const accept = (): number =>
    libc.accept4(listener, new Uint8Array(2), Uint32Array.of(2), SOCK.CLOEXEC)
  const hear = async (): Promise<string> => {
    const socket = connect({ path })
    await once(socket, 'connect')
    const fd = accept()
    const hello = Buffer.from('hello')
    libc.send(fd, hello, hello.length, 0)
    libc.close(fd)
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    socket.destroy()
    return chunk.toString()
  }
  return { bound, hear, isAccepting: () => listener >= 0 }
}

nativeTest('the socket has its mode and group, and answers', async (t, libc) => {
  const dir = makeSocketDir(t)
  const path = join(dir, 's')
  const umask = process.umask()
  const { bound, hear, isAccepting } = await listenAt(libc, path)
  t.equal(process.umask(), umask, 'the umask of the process is as it was')
  t.same(bound.address, { type: 'unix', path })
  t.equal(lstatSync(path).mode & 0o777, 0o600)
  t.same(readdirSync(dir), ['s'], 'no temporary name is left')
  t.equal(await hear(), 'hello')
  await bound.close()
  t.notOk(isAccepting())
  t.same(readdirSync(dir), [])
})

nativeTest('mode and group as given', async (t, libc) => {
  const path = join(makeSocketDir(t), 's')
  const group = process.getgroups?.().at(-1) ?? 0
  const { bound } = await listenAt(libc, path, { mode: 0o666, group })
  t.equal(lstatSync(path).mode & 0o777, 0o666)
  t.equal(lstatSync(path).gid, group)
  await bound.close()
})

nativeTest('a stale socket is replaced', async (t, libc) => {
  const path = join(makeSocketDir(t), 's')
  await makeStaleSocket(path)
  const { bound, hear } = await listenAt(libc, path)
  t.equal(await hear(), 'hello')
  await bound.close()
})

nativeTest('one that answers, and a file of another kind, are left alone', async (t, libc) => {
  const dir = makeSocketDir(t)
  const [path, file] = [join(dir, 's'), join(dir, 'file')]
  writeFileSync(file, 'precious')
  const { bound } = await listenAt(libc, path)
  await t.rejects(listenAt(libc, path), { code: 'EADDRINUSE' })
  await t.rejects(listenAt(libc, file), { code: 'EADDRINUSE' })
  t.same(readdirSync(dir).toSorted(), ['file', 's'], 'nothing else is left')
  await bound.close()
})

nativeTest('a path that cannot be used: nothing listens, nothing is left', async (t, libc) => {
  const dir = makeSocketDir(t)
  const umask = process.umask()
  await t.rejects(listenAt(libc, join(dir, 'none', 's')), { code: 'ENOENT' })
  await t.rejects(listenAt(libc, join(dir, 's'), { group: 'nobody-of-the-kind' }), {
    code: 'ERR_CONFIG',
  })
  const deep = join(dir, 'd'.repeat(104 - dir.length))
  mkdirSync(deep)
  await t.rejects(listenAt(libc, join(deep, 's')), {
    code: 'ERR_INVALID_ADDRESS',
    message: 'its directory has a path of 105 bytes: at most 101 are allowed for a UNIX socket',
  })
  t.equal(process.umask(), umask, 'the umask of the process is as it was')
  t.equal(readdirSync(dir).length, 1)
})

nativeTest('no descriptor, no right to bind or to watch: nothing is left', async (t, libc) => {
  const dir = makeSocketDir(t)
  const path = join(dir, 's')
  for (const [name, errno, code] of [
    ['socket', -24, 'EMFILE'],
    ['bind', -13, 'EACCES'],
    ['listen', -12, 'ENOMEM'],
  ] as const) {
    const refusing = { ...libc, [name]: () => errno }
    await t.rejects(listenAt(refusing, path), { code, syscall: name }, name)
    t.same(readdirSync(dir), [])
  }
  const refused = listenUnixNative(
    libc,
    { type: 'unix', path },
    { mode: 0o600, group: undefined },
    () => {
      throw new Error('not watched')
    },
  )
  await t.rejects(refused, { message: 'not watched' })
  t.same(readdirSync(dir), [])
})

nativeTest('closing leaves alone what another process has put there since', async (t, libc) => {
  const dir = makeSocketDir(t)
  const [path, other] = [join(dir, 's'), join(dir, 'other')]
  const first = await listenAt(libc, path)
  const second = await listenAt(libc, other)
  unlinkSync(path)
  linkSync(other, path)
  await first.bound.close()
  t.equal(existsSync(path), true)
  unlinkSync(path)
  await second.bound.close()
  t.same(readdirSync(dir), [])
})

nativeTest('closing where the file is gone already', async (t, libc) => {
  const path = join(makeSocketDir(t), 's')
  const { bound } = await listenAt(libc, path)
  unlinkSync(path)
  await bound.close()
  t.equal(existsSync(path), false)
})

nativeTest("a connection of Node's is taken over, or stays Node's", async (t, libc) => {
  const path = join(makeSocketDir(t), 's')
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }).listen(path)
  await once(server, 'listening')
  const client = connect(path)
  const [socket] = (await once(server, 'connection')) as [Socket]
  client.write('early')
  const fds: number[] = []
  const adopt = (fd: number): StreamSocket => {
    fds.push(fd)
    return socket
  }
  t.equal(takeOver({ ...libc, fcntl: () => -24 }, socket, adopt), socket)
  t.notOk(socket.destroyed, "without a descriptor Node's socket serves")
  t.same(fds, [])
  takeOver(libc, socket, adopt)
  t.ok(socket.destroyed)
  await once(socket, 'close')
  const [fd = -1] = fds
  const bytes = new Uint8Array(8)
  t.equal(libc.recv(fd, bytes, bytes.length, 0), 5)
  t.equal(Buffer.from(bytes.subarray(0, 5)).toString(), 'early', 'no byte is lost')
  libc.close(fd)
  client.destroy()
  server.close()
})
