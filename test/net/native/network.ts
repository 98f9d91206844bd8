import t from 'tap'
import { loadLibc } from '../../../src/libc/load-libc.ts'
import { createPoller } from '../../../src/libc/poller.ts'
import { createInterfaces } from '../../../src/net/host/interfaces.ts'
import { createRealClock } from '../../../src/net/host/real-clock.ts'
import { createNativeNetwork } from '../../../src/net/native/network.ts'
import { attempt } from '../../fixtures/connect-cases.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { testNetwork } from '../../fixtures/network-cases.ts'
import { createTcpServer } from '../../fixtures/tcp-server.ts'

const clock = createRealClock()
const loaded = loadLibc()
if (loaded.ok) {
  const poller = createPoller(loaded.libc)
  t.teardown(() => poller.close())
  testNetwork(createNativeNetwork({ clock, libc: loaded.libc, poller }))
}

nativeTest(
  'its sockets have descriptors, and its interfaces may be shared',
  async (t, libc, end) => {
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
  },
)
