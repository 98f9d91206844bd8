import t from 'tap'
import { PLAIN_EGRESS } from '../../../src/core/egress.ts'
import { loadLibc } from '../../../src/libc/load-libc.ts'
import { createPoller } from '../../../src/libc/poller.ts'
import { createRealClock } from '../../../src/net/host/real-clock.ts'
import { createNativeConnect } from '../../../src/net/native/native-connect.ts'
import { createNativeOpenMessageStream } from '../../../src/net/native/native-open-message-stream.ts'
import { serverOn, testMessageStream } from '../../fixtures/message-stream-cases.ts'
import { until } from '../../fixtures/socket-pair.ts'

const loaded = loadLibc()
if (loaded.ok) {
  const { libc } = loaded
  const poller = createPoller(libc)
  t.teardown(() => poller.close())
  const clock = createRealClock()
  testMessageStream(idleTimeoutMs =>
    createNativeOpenMessageStream(createNativeConnect({ libc, poller }), clock, idleTimeoutMs),
  )

  void t.test('a path has its source address, or connects nowhere', async t => {
    const { sockets, endpoint } = await serverOn(t, () => {})
    const ends: (string | null)[] = []
    const from = (bind4: string): void => {
      const connect = createNativeConnect({ libc, poller, egress: { ...PLAIN_EGRESS, bind4 } })
      const open = createNativeOpenMessageStream(connect, clock)
      const stream = open(endpoint, { message: () => {}, closed: code => ends.push(code) })
      t.teardown(stream.close)
    }
    from('127.0.0.9')
    await until('a connection comes', () => sockets.length === 1)
    t.equal(sockets[0]?.remoteAddress, '127.0.0.9')
    from('192.0.2.9')
    from('none')
    await until('both fail', () => ends.length === 2)
    t.same(ends, ['EADDRNOTAVAIL', 'EADDRNOTAVAIL'])
  })
} else {
  void t.test('sockets of the C library', { skip: loaded.reason }, () => {})
}
