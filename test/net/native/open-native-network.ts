import t from 'tap'
import { PLAIN_EGRESS } from '../../../src/core/egress.ts'
import { createInterfaces } from '../../../src/net/host/interfaces.ts'
import { createRealClock } from '../../../src/net/host/real-clock.ts'
import { createSourceTurns } from '../../../src/net/host/source-address.ts'
import { openNativeNetwork } from '../../../src/net/native/open-native-network.ts'
import { attempt } from '../../fixtures/connect-cases.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { createTcpServer } from '../../fixtures/tcp-server.ts'

const parts = () => {
  const clock = createRealClock()
  return { clock, interfaces: createInterfaces({ clock }), turns: createSourceTurns() }
}

nativeTest('connects by both of its networks until it is closed', async (t, _libc, defer) => {
  const opened = openNativeNetwork(parts())
  if (!opened) throw new Error('the C library is there')
  defer(opened.close)
  const server = await createTcpServer()
  defer(() => server.close())
  const own = opened.egress.connect({ ...PLAIN_EGRESS, bind4: '127.0.0.9' })
  for (const [connect, address] of [
    [opened.network.connect, '127.0.0.1'],
    [own, '127.0.0.9'],
  ] as const) {
    const result = await attempt(connect, '127.0.0.1', server.port)
    if (!result.ok) throw new Error(result.message)
    t.equal(result.local.address, address)
    result.socket.destroy()
  }
})

t.test('there is none without the C library', async t => {
  t.equal(
    openNativeNetwork(parts(), () => ({ ok: false, reason: 'there is no koffi' })),
    undefined,
  )
})
