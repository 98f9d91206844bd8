import t from 'tap'
import { loadLibc } from '../../../src/libc/load-libc.ts'
import { createPoller } from '../../../src/libc/poller.ts'
import { resetOnClose } from '../../../src/libc/reset-on-close.ts'
import { createNativeSocket } from '../../../src/net/native/socket.ts'
import type { NativeSocket } from '../../../src/net/native/socket.ts'
import { watchNativeFirstByte } from '../../../src/net/native/watch.ts'
import { nativePair } from '../../fixtures/native-pair.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { fdPair } from '../../fixtures/relay-rig.ts'
import { testWatch } from '../../fixtures/watch-cases.ts'

const loaded = loadLibc()
if (loaded.ok) {
  const { libc } = loaded
  const poller = createPoller(libc)
  t.teardown(() => poller.close())
  testWatch<NativeSocket>({
    watch: watchNativeFirstByte,
    pair: async t => {
      const { outer, inner } = await nativePair(t, libc, poller)
      return { ours: inner, target: outer }
    },
    // What it takes it gives out at once, and the cases would see it.
    readAhead: socket => socket.readableLength,
    isPaused: () => true,
  })
} else {
  void t.test('native', { skip: `the C library cannot be had: ${loaded.reason}` }, () => {})
}

nativeTest('a target that has answered and reset is no silent one', async (t, libc, defer) => {
  const poller = createPoller(libc)
  defer(() => poller.close())
  for (const answer of ['alert', '']) {
    const [fd, outer] = fdPair(libc, 'tcp')
    const remote = { address: '127.0.0.1', port: 1 }
    const socket = createNativeSocket({ libc, poller, fd, remote })
    socket.on('error', () => {})
    libc.send(outer, Buffer.from(answer), answer.length, 0)
    resetOnClose(libc, outer)
    libc.close(outer)
    // Before anything is told of it.
    const settled = new Promise<string>(resolve => {
      const watch = watchNativeFirstByte(socket, what => {
        resolve(what)
        if (what === 'answered') t.equal(socket.peek(), 1, 'the answer can be read')
      })
      watch.send(Buffer.from('ClientHello'))
    })
    t.equal(await settled, answer === '' ? 'closed' : 'answered')
  }
})
