import t from 'tap'
import { resetOnClose } from '../../../src/libc/connected-socket.ts'
import { loadLibc } from '../../../src/libc/load-libc.ts'
import { createPoller } from '../../../src/libc/poller.ts'
import { createInterfaces } from '../../../src/net/host/interfaces.ts'
import { createRealClock } from '../../../src/net/host/real-clock.ts'
import {
  createNativeNetwork,
  watchNativeFirstByte,
} from '../../../src/net/native/native-network.ts'
import type { NativeSocket } from '../../../src/net/native/native-socket.ts'
import { createNativeSocket } from '../../../src/net/native/native-socket.ts'
import { attempt } from '../../fixtures/connect-cases.ts'
import { nativePair } from '../../fixtures/native-pair.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { testNetwork } from '../../fixtures/network-cases.ts'
import { fdPair } from '../../fixtures/relay-rig.ts'
import { createTcpServer } from '../../fixtures/tcp-server.ts'
import { testWatch } from '../../fixtures/watch-cases.ts'

const clock = createRealClock()
const loaded = loadLibc()
if (loaded.ok) {
  const { libc } = loaded
  const poller = createPoller(libc)
  t.teardown(() => poller.close())
  testNetwork(createNativeNetwork({ clock, libc, poller }))
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

nativeTest('its sockets have descriptors, and it takes shared interfaces', async (t, libc, end) => {
  const poller = createPoller(libc)
  end(() => poller.close())
  const server = await createTcpServer()
  end(() => server.close())
  const real = createInterfaces({ clock })
  let asked = 0
  const interfaces = (): ReturnType<typeof real> => {
    asked++
    return real()
  }
  const network = createNativeNetwork({ clock, libc, poller, interfaces })
  network.epoch()
  t.equal(asked, 1)
  const result = await attempt(network.connect, '127.0.0.1', server.port)
  if (!result.ok) throw new Error(result.message)
  const fd = result.socket.detach()
  t.ok(fd > 0)
  libc.close(fd)
})

nativeTest('a target that answered and reset counts as answered', async (t, libc, defer) => {
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
    // Before any event of it was handled.
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
