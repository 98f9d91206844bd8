import { spawnSync } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import {
  AF,
  EPOLL,
  ERRNO,
  F,
  IPPROTO_TCP,
  MSG,
  O,
  SHUT,
  SO,
  SOCK,
  SOL_SOCKET,
  SPLICE_F,
  TCP_NODELAY,
} from '../../src/libc/constants.ts'
import { createEpollEvents } from '../../src/libc/epoll-events.ts'
import type { Libc } from '../../src/libc/libc.ts'
import { loadLibc, loopDescriptor } from '../../src/libc/load-libc.ts'
import {
  createSocketAddressBuffer,
  decodeSocketAddress,
  encodeSocketAddress,
} from '../../src/libc/socket-address.ts'
import { COMPILED } from '../fixtures/compiled.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { nativeTest } from '../fixtures/native-test.ts'

const LOOPBACK = { family: 4, bytes: Uint8Array.of(127, 0, 0, 1) } as const
const STREAM = SOCK.STREAM | SOCK.NONBLOCK | SOCK.CLOEXEC
const text = (bytes: Uint8Array, count = bytes.length): string =>
  Buffer.from(bytes.subarray(0, count)).toString()
const bytesOf = (words: string): Uint8Array => new TextEncoder().encode(words)

/** A listening socket on loopback, and its address. */
const listening = (libc: Libc): { fd: number; address: Uint8Array; port: number } => {
  const fd = libc.socket(AF.INET, STREAM, 0)
  const any = encodeSocketAddress(LOOPBACK, 0)
  if (libc.bind(fd, any, any.length) < 0 || libc.listen(fd, 8) < 0) throw new Error('no listener')
  const { bytes, length } = createSocketAddressBuffer()
  libc.getsockname(fd, bytes, length)
  const port = decodeSocketAddress(bytes, libc)?.port ?? 0
  return { fd, address: encodeSocketAddress(LOOPBACK, port), port }
}

/** Both ends of a connection. */
const connection = (libc: Libc): { ours: number; theirs: number; end: () => void } => {
  const { fd, address } = listening(libc)
  const ours = libc.socket(AF.INET, STREAM, 0)
  libc.connect(ours, address, address.length)
  const { bytes, length } = createSocketAddressBuffer()
  const accept = (): number => libc.accept4(fd, bytes, length, SOCK.NONBLOCK | SOCK.CLOEXEC)
  let theirs = accept()
  // On a busy machine the kernel may end the handshake later.
  const endsAt = performance.now() + 10_000
  while (theirs === -ERRNO.EAGAIN && performance.now() < endsAt) theirs = accept()
  if (theirs < 0) throw new Error(`accept4 returned ${theirs}`)
  libc.close(fd)
  return {
    ours,
    theirs,
    end: () => {
      libc.close(ours)
      libc.close(theirs)
    },
  }
}

void t.test('on another system loading fails with a reason', t => {
  const requireKoffi = (): never => {
    throw new Error('no koffi\nand more')
  }
  const reason = (system: Partial<Parameters<typeof loadLibc>[0]>): unknown => {
    const loaded = loadLibc({ platform: 'linux', arch: 'x64', requireKoffi, ...system })
    return loaded.ok ? 'it was loaded' : loaded.reason
  }
  t.equal(reason({ platform: 'darwin' }), 'it is for Linux, and this is darwin')
  t.equal(reason({ arch: 's390x' }), 'it is for x64 and arm64, and this is s390x')
  t.equal(reason({}), 'no koffi')
  const thrower = (): unknown => ({
    load: () => {
      // oxlint-disable-next-line typescript/only-throw-error
      throw 'no Error at all'
    },
  })
  t.equal(reason({ requireKoffi: thrower }), 'no Error at all')
  const wrong = { load: () => ({ func: () => () => -1 }), errno: () => 0 }
  t.match(reason({ requireKoffi: () => wrong }), /^close\(2\) of no descriptor returned -?0 by/)
  t.end()
})

void t.test('nothing is loaded before the first call', t => {
  const script = `
    const { loadLibc } = await import(${JSON.stringify(new URL('../../src/libc/load-libc.ts', import.meta.url).href)})
    const { readFileSync } = await import('node:fs')
    const has = () => process.platform === 'linux' && readFileSync('/proc/self/maps', 'latin1').includes('koffi')
    const before = has()
    const { ok } = loadLibc()
    console.log(JSON.stringify([before, has() === ok, loadLibc() === loadLibc()]))
  `
  const node = [COMPILED, '--input-type=module', '-e', script]
  const env = { ...process.env, NODE_OPTIONS: '' }
  const { stdout, stderr } = spawnSync(process.execPath, node, { encoding: 'utf8', env })
  t.equal(stdout, '[false,true,true]\n', stderr)
  t.end()
})

nativeTest('a connection is made, carries bytes, is half-closed and closed', (t, libc) => {
  const { fd, address, port } = listening(libc)
  const { bytes, length } = createSocketAddressBuffer()
  t.equal(libc.accept4(fd, bytes, length, SOCK.CLOEXEC), -ERRNO.EAGAIN)
  const ours = libc.socket(AF.INET, STREAM, 0)
  t.equal(libc.getpeername(ours, bytes, length), -ERRNO.ENOTCONN)
  t.equal(libc.connect(ours, address, address.length), -ERRNO.EINPROGRESS)
  length[0] = bytes.length
  const theirs = libc.accept4(fd, bytes, length, SOCK.NONBLOCK | SOCK.CLOEXEC)
  t.ok(theirs > 0)
  t.equal(length[0], 16, 'the length of an IPv4 address')
  const peer = decodeSocketAddress(bytes, libc)
  length[0] = bytes.length
  t.equal(libc.getsockname(ours, bytes, length), 0)
  t.same(decodeSocketAddress(bytes, libc), peer, 'one end is the other one’s peer')
  length[0] = bytes.length
  t.equal(libc.getpeername(ours, bytes, length), 0)
  t.same(decodeSocketAddress(bytes, libc), { address: '127.0.0.1', port })

  const received = new Uint8Array(16)
  t.equal(libc.recv(theirs, received, 16, MSG.DONTWAIT), -ERRNO.EAGAIN)
  t.equal(libc.send(ours, bytesOf('-hello-').subarray(1), 5, MSG.NOSIGNAL), 5)
  t.equal(libc.recv(theirs, received, 16, MSG.PEEK), 5)
  t.equal(libc.recv(theirs, received.subarray(4), 3, 0), 3)
  t.equal(text(received.subarray(4), 3), 'hel', 'a part of a buffer is where it says')
  t.equal(libc.recv(theirs, received, 16, 0), 2)
  t.equal(libc.shutdown(ours, SHUT.WR), 0)
  t.equal(libc.recv(theirs, received, 16, 0), 0)
  t.equal(libc.send(ours, received, 1, MSG.NOSIGNAL), -ERRNO.EPIPE)

  for (const used of [ours, theirs, fd]) t.equal(libc.close(used), 0)
  t.equal(libc.close(ours), -ERRNO.EBADF)
  t.equal(libc.shutdown(-1, SHUT.RDWR), -ERRNO.EBADF)
  t.equal(libc.bind(-1, address, 16), -ERRNO.EBADF)
  t.equal(libc.listen(-1, 1), -ERRNO.EBADF)
})

nativeTest('close(2) with SO_LINGER 0 is a reset', (t, libc) => {
  const { ours, theirs } = connection(libc)
  t.equal(libc.setsockopt(ours, SOL_SOCKET, SO.LINGER, Int32Array.of(1, 0)), 0)
  libc.close(ours)
  const value = new Int32Array(1)
  t.equal(libc.getsockopt(theirs, SOL_SOCKET, SO.ERROR, value), 0)
  t.equal(value[0], ERRNO.ECONNRESET)
  t.equal(libc.recv(theirs, new Uint8Array(1), 1, 0), 0, 'the error was reported before')
  libc.close(theirs)
})

nativeTest("an accepted socket inherits the listener's options", (t, libc) => {
  const { fd, address } = listening(libc)
  const value = Int32Array.of(1)
  t.equal(libc.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, value), 0)
  t.equal(libc.setsockopt(fd, SOL_SOCKET, SO.KEEPALIVE, value), 0)
  const ours = libc.socket(AF.INET, STREAM, 0)
  libc.connect(ours, address, address.length)
  const { bytes, length } = createSocketAddressBuffer()
  const theirs = libc.accept4(fd, bytes, length, SOCK.NONBLOCK)
  for (const [level, name] of [
    [IPPROTO_TCP, TCP_NODELAY],
    [SOL_SOCKET, SO.KEEPALIVE],
  ] as const) {
    value[0] = 0
    t.equal(libc.getsockopt(theirs, level, name, value), 0)
    t.equal(value[0], 1)
  }
  for (const used of [ours, theirs, fd]) libc.close(used)
})

nativeTest('splice(2) moves bytes through a pipe', (t, libc) => {
  const { ours, theirs, end } = connection(libc)
  const ends = new Int32Array(2)
  t.equal(libc.pipe2(ends, O.NONBLOCK | O.CLOEXEC), 0)
  const [from = -1, to = -1] = ends
  t.ok(libc.fcntl(to, F.GETPIPE_SZ, 0) > 0)
  t.ok(libc.fcntl(to, F.SETPIPE_SZ, 8192) >= 8192)
  t.equal(libc.fcntl(to, F.SETPIPE_SZ, -1) < 0, true)
  const flags = SPLICE_F.MOVE | SPLICE_F.NONBLOCK
  t.equal(libc.splice(theirs, to, 1 << 20, flags), -ERRNO.EAGAIN)
  libc.send(ours, bytesOf('by the kernel'), 13, MSG.NOSIGNAL)
  t.equal(libc.splice(theirs, to, 1 << 20, flags), 13)
  t.equal(libc.splice(from, theirs, 6, flags), 6)
  const received = new Uint8Array(16)
  t.equal(text(received, libc.recv(ours, received, 16, 0)), 'by the')
  t.equal(text(received, libc.read(from, received, 16)), ' kernel')
  t.equal(libc.read(from, received, 16), -ERRNO.EAGAIN)
  t.equal(libc.write(to, bytesOf('!'), 1), 1)
  libc.shutdown(ours, SHUT.WR)
  t.equal(libc.splice(theirs, to, 1 << 20, flags), 0, 'the end')
  for (const used of [from, to]) libc.close(used)
  end()
})

nativeTest('epoll reports which descriptor is ready, by its data', (t, libc) => {
  const { ours, theirs, end } = connection(libc)
  const epoll = libc.epollCreate1(EPOLL.CLOEXEC)
  const events = createEpollEvents(8)
  const all = EPOLL.IN | EPOLL.OUT | EPOLL.RDHUP | EPOLL.ET | 0
  const wait = () =>
    Array.from({ length: libc.epollWait(epoll, events.bytes, events.count, 0) }, (_, i) => [
      events.fd(i),
      events.generation(i),
      events.events(i),
    ]).toSorted(([a = 0], [b = 0]) => a - b)
  t.equal(libc.epollCtl(epoll, EPOLL.CTL_ADD, ours, events.one(all, ours, 7)), 0)
  t.equal(libc.epollCtl(epoll, EPOLL.CTL_ADD, theirs, events.one(all, theirs, -8)), 0)
  const both = [
    [ours, 7, EPOLL.OUT],
    [theirs, -8, EPOLL.OUT],
  ]
  t.same(
    wait(),
    both.toSorted(([a = 0], [b = 0]) => a - b),
  )
  t.same(wait(), [], 'edge-triggered: reported once')
  libc.shutdown(ours, SHUT.WR)
  // The kernel processes the acknowledgement a little later.
  const ofTheirs = () => wait().filter(([fd]) => fd === theirs)
  t.same(ofTheirs(), [[theirs, -8, EPOLL.IN | EPOLL.OUT | EPOLL.RDHUP]])
  t.equal(libc.epollCtl(epoll, EPOLL.CTL_MOD, theirs, events.one(EPOLL.OUT, theirs, 9)), 0)
  t.same(ofTheirs(), [[theirs, 9, EPOLL.OUT]])
  t.equal(libc.epollCtl(epoll, EPOLL.CTL_DEL, theirs, events.one(0, 0, 0)), 0)
  t.same(ofTheirs(), [])
  t.equal(libc.epollWait(-1, events.bytes, 1, 0), -ERRNO.EBADF)
  libc.close(epoll)
  end()
})

nativeTest('a wait on another thread, woken by an eventfd', async (t, libc) => {
  const epoll = libc.epollCreate1(EPOLL.CLOEXEC)
  const eventFd = libc.eventfd(0, O.NONBLOCK | O.CLOEXEC)
  const events = createEpollEvents(1)
  libc.epollCtl(epoll, EPOLL.CTL_ADD, eventFd, events.one(EPOLL.IN, eventFd, 1))
  let seen: number | undefined
  libc.epollWaitLater(epoll, events.bytes, 1, -1, count => (seen = count))
  await new Promise(resolve => setTimeout(resolve, 20))
  t.equal(seen, undefined)
  const one = new Uint8Array(new BigUint64Array([3n]).buffer)
  t.equal(libc.write(eventFd, one, 8), 8)
  await eventually(() => seen !== undefined)
  t.equal(seen, 1)
  t.equal(events.fd(0), eventFd)
  t.equal(libc.read(eventFd, one, 8), 8)
  t.equal(one[0], 3)

  seen = undefined
  libc.epollWaitLater(epoll, events.bytes, 1, 0, count => (seen = count))
  await eventually(() => seen !== undefined)
  t.equal(seen, 0, 'none in time')
  seen = undefined
  libc.epollWaitLater(-1, events.bytes, 1, 0, count => (seen = count))
  await eventually(() => seen !== undefined)
  t.equal(seen, -ERRNO.EBADF, "the other thread's errno")
  for (const used of [eventFd, epoll]) libc.close(used)
})

nativeTest('interfaces have indexes and names', (t, libc) => {
  const lo = libc.ifNametoindex('lo')
  t.ok(lo > 0)
  t.equal(libc.ifIndextoname(lo), 'lo')
  t.equal(libc.ifNametoindex('no-such-zone'), 0)
  t.equal(libc.ifIndextoname(0x7fff_fff0), null)
})

nativeTest('errno survives a garbage collection', (t, libc) => {
  const wrong = new Set<number>()
  let kept: unknown[] = []
  for (let i = 0; i < 100_000; i++) {
    kept.push(new Array(i % 50).fill(i), Buffer.alloc((i * 7919) % 20_000))
    if (kept.length > 4000) kept = []
    const found = libc.close(-1)
    if (found !== -ERRNO.EBADF) wrong.add(found)
  }
  t.same([...wrong], [])
})

nativeTest('another thread loads its own library', async t => {
  const source = new URL('../../src/libc/load-libc.ts', import.meta.url).href
  const script = `
    import { parentPort } from 'node:worker_threads'
    const { loadLibc } = await import(${JSON.stringify(source)})
    const loaded = loadLibc()
    parentPort.postMessage(loaded.ok ? loaded.libc.close(-1) : loaded.reason)
  `
  const url = new URL(`data:text/javascript,${encodeURIComponent(script)}`)
  const worker = new Worker(url, { execArgv: [COMPILED] })
  const exited = new Promise(resolve => worker.once('exit', resolve))
  t.equal(await new Promise(resolve => worker.once('message', resolve)), -ERRNO.EBADF)
  await exited
})

const { ok } = loadLibc()

void t.test(
  "the loop's descriptor is an epoll instance",
  { skip: ok ? false : 'koffi cannot be had here' },
  t => {
    const fd = loopDescriptor()
    t.equal(readlinkSync(`/proc/self/fd/${fd}`), 'anon_inode:[eventpoll]')
    t.equal(loopDescriptor(), fd)
    t.end()
  },
)

void t.test('a runtime without uv_default_loop has no loop descriptor', t => {
  const none = (): never => {
    throw new Error('no such function')
  }
  t.equal(loopDescriptor(none), -1)
  t.equal(
    loopDescriptor(() => ({ load: () => ({ func: none }) })),
    -1,
  )
  t.end()
})
