import { createSetKeepAlive } from '../../src/libc/create-set-keep-alive.ts'
import type { Libc } from '../../src/libc/types.ts'
import { nativeTest } from '../fixtures/native-test.ts'
import { fdPair } from '../fixtures/relay-rig.ts'
import { tcpOptionsOf } from '../fixtures/tcp-options.ts'

nativeTest('keepalive is set, changed, and turned off', (t, libc, defer) => {
  const [fd, peer] = fdPair(libc, 'tcp')
  defer(() => [fd, peer].forEach(libc.close))
  t.equal(tcpOptionsOf(libc, fd).keepAlive, 'off')
  createSetKeepAlive(libc, { idleMs: 60_000, intervalMs: 15_000, count: 4 })(fd)
  t.same(tcpOptionsOf(libc, fd).keepAlive, [60, 15, 4])
  createSetKeepAlive(libc, { idleMs: 32_767_000, intervalMs: 1000, count: 127 })(fd)
  t.same(tcpOptionsOf(libc, fd).keepAlive, [32_767, 1, 127], 'the bounds')
  createSetKeepAlive(libc, null)(fd)
  t.equal(tcpOptionsOf(libc, fd).keepAlive, 'off')
})

nativeTest('the silence so far counts: the time is set last', (t, libc, defer) => {
  const names: number[] = []
  const watched: Libc = {
    ...libc,
    setsockopt: (fd, level, name, value) => {
      names.push(name)
      return libc.setsockopt(fd, level, name, value)
    },
  }
  const [fd, peer] = fdPair(libc, 'tcp')
  defer(() => [fd, peer].forEach(libc.close))
  createSetKeepAlive(watched, { idleMs: 60_000, intervalMs: 15_000, count: 4 })(fd)
  t.equal(names.at(-1), 4, 'TCP_KEEPIDLE')
})

nativeTest('a UNIX socket is left as it is', (t, libc, defer) => {
  const [fd, peer] = fdPair(libc, 'unix')
  defer(() => [fd, peer].forEach(libc.close))
  const set = createSetKeepAlive(libc, { idleMs: 60_000, intervalMs: 15_000, count: 4 })
  t.doesNotThrow(() => set(fd))
  t.equal(libc.send(fd, Buffer.from('x'), 1, 0), 1)
})
