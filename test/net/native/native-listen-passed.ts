import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import type { SocketAddress } from '../../../src/core/listen-address.ts'
import type { StreamSocket } from '../../../src/core/stream-socket.ts'
import { AF, ERRNO, F, IPPROTO_TCP, O, SOCK, TCP_NODELAY } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import { createPoller } from '../../../src/libc/poller.ts'
import { encodeSocketAddress, encodeUnixAddress } from '../../../src/libc/socket-address.ts'
import { parseIp } from '../../../src/core/ip.ts'
import { createNativeListen } from '../../../src/net/native/native-listen.ts'
import { listenPassedNative } from '../../../src/net/native/native-listen-passed.ts'
import { inspectPassed } from '../../../src/net/native/passed-socket.ts'
import { createSocketTuning } from '../../../src/net/socket-tuning.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { makeSocketDir } from '../../fixtures/socket-dir.ts'

/** A socket as systemd passes it: blocking, and without options. */
const passedOn = (
  libc: Libc,
  defer: (end: () => unknown) => void,
  path?: string,
): SocketAddress => {
  const ip = parseIp('127.0.0.1')
  if (!ip) throw new Error('no address')
  const fd = libc.socket(path === undefined ? AF.INET : AF.UNIX, SOCK.STREAM, 0)
  const address = path === undefined ? encodeSocketAddress(ip, 0) : encodeUnixAddress(path)
  libc.bind(fd, address, address.length)
  libc.listen(fd, 8)
  defer(() => libc.close(fd))
  const found = inspectPassed(libc, fd)
  if (!found.ok) throw new Error(found.fault)
  return found.address
}

const dial = (address: SocketAddress): Socket =>
  address.type === 'unix' ? connect(address.path) : connect(address.port, address.host)

nativeTest('connections wait while nobody listens, and are served then', async (t, libc, defer) => {
  for (const path of [undefined, join(makeSocketDir(t), 's')]) {
    const address = passedOn(libc, defer, path)
    const poller = createPoller(libc)
    defer(() => poller.close())
    const listen = createNativeListen({ libc, poller })
    const accepted: StreamSocket[] = []
    const taken = async (count: number): Promise<void> => {
      while (accepted.length < count) await new Promise(resolve => setImmediate(resolve))
    }
    const open = () => listen(address, { onConnection: socket => void accepted.push(socket) })
    const first = await open()
    t.same(first.address, address)
    const clients = [dial(address)]
    await taken(1)
    await first.close()
    t.equal(await first.close(), undefined, 'twice')
    const waiting = dial(address)
    clients.push(waiting)
    await once(waiting, 'connect')
    waiting.write('early')
    t.equal(accepted.length, 1)
    const second = await open()
    await taken(2)
    t.equal(accepted[1]?.remoteAddress, path === undefined ? '127.0.0.1' : undefined)
    const fd = address.passed ?? -1
    t.ok(libc.fcntl(fd, F.GETFL, 0) & O.NONBLOCK, 'accept4(2) does not wait')
    if (path === undefined) {
      const noDelay = new Int32Array(1)
      libc.getsockopt(accepted[1]?.descriptor ?? -1, IPPROTO_TCP, TCP_NODELAY, noDelay)
      t.equal(noDelay[0], 1)
    }
    await second.close()
    for (const socket of [...clients, ...accepted]) socket.destroy()
  }
})

nativeTest('a descriptor that cannot be used is an error', async (t, libc) => {
  const tuning = createSocketTuning(libc, null)
  const address = { type: 'tcp', host: '127.0.0.1', port: 1, passed: 9999 } as const
  const parts = { tuning, keepAlive: undefined }
  const accept = () => () => {}
  t.throws(() => listenPassedNative(libc, { address, fd: 9999 }, parts, accept), { code: 'EBADF' })
  const full = { ...libc, fcntl: () => 0 }
  const fails = (): never => {
    throw Object.assign(new Error('full'), { errno: ERRNO.ENOMEM })
  }
  t.throws(() => listenPassedNative(full, { address, fd: 9999 }, parts, fails), { message: 'full' })
})
