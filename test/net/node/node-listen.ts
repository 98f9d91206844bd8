import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import type { Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { socketDescriptor } from '../../../src/libc/connected-socket.ts'
import { IPPROTO_TCP, TCP_NODELAY } from '../../../src/libc/constants.ts'
import { loadLibc } from '../../../src/libc/load-libc.ts'
import { LISTEN_BACKLOG } from '../../../src/net/listen.ts'
import {
  createNodeListen,
  listenUnix,
  listenUnixShared,
  probePort,
} from '../../../src/net/node/node-listen.ts'
import { allArrived } from '../../fixtures/all-arrived.ts'
import { dial, openListener, portOf, tcp, testListen } from '../../fixtures/listen-cases.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { runProgram, unlessMissing } from '../../fixtures/programs.ts'
import { makeSocketDir } from '../../fixtures/socket-dir.ts'
import { makeStaleSocket } from '../../fixtures/stale-socket-file.ts'

const listen = createNodeListen()

testListen(listen)

const loaded = loadLibc()
if (loaded.ok) testListen(createNodeListen({ libc: loaded.libc }))

nativeTest('bound by the C library: Nagle’s algorithm is off', async (t, libc) => {
  const { bound, accepted } = await openListener(createNodeListen({ libc }), tcp('127.0.0.1'))
  const client = await dial(bound)
  const socket = await accepted()
  const value = new Int32Array(1)
  libc.getsockopt(socketDescriptor(socket), IPPROTO_TCP, TCP_NODELAY, value)
  t.not(value[0], 0)
  client.destroy()
  socket.destroy()
  await bound.close()
})

nativeTest(
  'bound by the C library, a listener that is over is not set any more',
  async (t, libc) => {
    let over = 0
    const tuning = {
      accepted: () => t.fail('its listener has'),
      listening: () => () => void over++,
    }
    const own = createNodeListen({ tuning, libc })
    const { bound } = await openListener(own, tcp('127.0.0.1'))
    await t.rejects(openListener(own, bound.address), { code: 'EADDRINUSE' })
    t.equal(over, 1)
    await bound.close()
    await bound.close()
    t.equal(over, 2)
  },
)

void t.test('a socket that is accepted is paused, and no byte of it was read', async t => {
  const sockets: Socket[] = []
  const bound = await listen(tcp('127.0.0.1'), { onConnection: socket => sockets.push(socket) })
  const client = await dial(bound)
  client.write('early')
  while (sockets.length === 0) await sleep(1)
  await allArrived()
  t.equal(sockets[0]?.isPaused(), true)
  t.equal(sockets[0]?.bytesRead, 0)
  client.destroy()
  sockets[0]?.destroy()
  await bound.close()
})

void t.test('a UNIX socket', async t => {
  const dir = makeSocketDir(t)
  const path = join(dir, 's')
  const { bound, accepted } = await openListener(listen, { type: 'unix', path })
  const client = await dial(bound)
  const socket = await accepted()
  await t.rejects(listen(bound.address, { onConnection: () => {} }), {
    code: 'EADDRINUSE',
    message: `cannot listen on unix:${path}: another process answers there`,
  })
  await t.rejects(
    listen({ type: 'unix', path: join(dir, 't') }, { group: 'no-such', onConnection: () => {} }),
    { code: 'ERR_CONFIG', message: /^cannot listen on unix:.*: the group "no-such" is not in/ },
  )
  // The question above, whether somebody answers, was a connection too.
  for (const used of [socket, await accepted(2), client]) used.destroy()
  await bound.close()
  t.same(readdirSync(dir), [])
})

void t.test('an accept error is reported and ends nothing', async t => {
  const servers: Server[] = []
  const diagnosed = (message: unknown): void => {
    servers.push((message as { readonly server: Server }).server)
  }
  subscribe('tracing:net.server.listen:asyncEnd', diagnosed)
  t.teardown(() => unsubscribe('tracing:net.server.listen:asyncEnd', diagnosed))
  const heard: string[] = []
  const reporting = await listen(tcp('127.0.0.1'), {
    onConnection: () => {},
    onError: error => heard.push(error.message),
  })
  const unreported = await listen(tcp('127.0.0.1'), { onConnection: () => {} })
  for (const server of servers) server.emit('error', new Error('accept ENFILE'))
  t.same(heard, ['accept ENFILE'])
  await reporting.close()
  await unreported.close()
})

for (const [name, make] of [
  ['Node', () => createNodeListen()],
  ['the C library', () => createNodeListen({ libc: loaded.ok ? loaded.libc : null })],
] as const) {
  const skip = unlessMissing('ss')
  void t.test(`bound by ${name}, a burst may wait to be accepted`, { skip }, async t => {
    const { bound } = await openListener(make(), tcp('127.0.0.1'))
    const { stdout } = await runProgram(t, 'ss', ['-tlnH', `sport = :${portOf(bound)}`])
    const [, , backlog] = stdout.trim().split(/\s+/)
    const most = Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'))
    t.equal(Number(backlog), Math.min(most, LISTEN_BACKLOG))
    await bound.close()
  })
}

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

void t.test('mode and group as given', async t => {
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

void t.test('a path that is too long for a temporary name', async t => {
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
    t.same(bound.address, address, 'it has the address that clients know')
    t.notOk(existsSync(path), 'the name for clients is given by whoever shares it')
    linkSync(boundAs, path)
    t.equal(await hear(path), 'hello')
    await bound.close()
    t.notOk(server.listening)
    t.ok(existsSync(path), 'nor is it taken away here')
    unlinkSync(path)
  },
)

void t.test('a free port is returned', async t => {
  for (const host of ['127.0.0.1', '::1']) {
    const port = await probePort(host, 0)
    t.ok(port > 0)
    t.equal(await probePort(host, port), port, 'and again')
    const server = createServer()
    await new Promise<void>(resolve => server.listen(port, host, resolve))
    await t.rejects(probePort(host, port), { code: 'EADDRINUSE' })
    server.close()
  }
})

void t.test('an address of another host is an error', async t => {
  await t.rejects(probePort('192.0.2.1', 0), { code: 'EADDRNOTAVAIL' })
})
