import t from 'tap'
import { PLAIN_EGRESS } from '../../../src/core/egress.ts'
import { loadLibc } from '../../../src/libc/load-libc.ts'
import { createPoller } from '../../../src/libc/poller.ts'
import { createNativeOpenUdp } from '../../../src/net/native/native-open-udp.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { until } from '../../fixtures/socket-pair.ts'
import { serverOn, testUdp } from '../../fixtures/udp-cases.ts'

const loaded = loadLibc()
if (loaded.ok) {
  const poller = createPoller(loaded.libc)
  t.teardown(() => poller.close())
  testUdp(createNativeOpenUdp(loaded.libc, poller, PLAIN_EGRESS))
}

nativeTest('a path has its source address, or sends nothing', async (t, libc, defer) => {
  const poller = createPoller(libc)
  defer(() => poller.close())
  const failures: string[] = []
  await t.test('from each address', async inner => {
    const { heard, endpoint } = await serverOn(inner)
    const from = (bind4: string): void => {
      const open = createNativeOpenUdp(libc, poller, { ...PLAIN_EGRESS, bind4 })
      const socket = open(endpoint, { message: () => {}, failed: code => failures.push(code) })
      inner.teardown(socket.close)
      socket.send(Buffer.from(bind4))
    }
    from('127.0.0.9')
    await until('a datagram arrives', () => heard.length === 1)
    inner.equal(heard[0]?.from.address, '127.0.0.9')
    from('192.0.2.9')
    from('none')
    await until('both fail', () => failures.length === 2)
    inner.same(failures, ['EADDRNOTAVAIL', 'EADDRNOTAVAIL'])
    inner.equal(heard.length, 1)
  })
})

nativeTest('a flood of datagrams is read in turns', async (t, libc) => {
  let left = 100
  const turns: (() => void)[] = []
  let onEvents = (_events: number): void => {}
  const calls = { ...libc, recv: () => (left-- > 0 ? 1 : -11) }
  const poller = {
    watch: (_fd: number, run: typeof onEvents) => {
      onEvents = run
      return 0
    },
    unwatch: () => {},
    soon: (run: () => void) => void turns.push(run),
    close: () => {},
  }
  let messages = 0
  const open = createNativeOpenUdp(calls, poller, PLAIN_EGRESS)
  const events = { message: () => void messages++, failed: () => t.fail('it failed') }
  const { close } = open({ address: '127.0.0.1', family: 4, port: 53 }, events)
  onEvents(1)
  t.equal(messages, 32)
  turns.shift()?.()
  t.equal(messages, 64)
  close()
  turns.shift()?.()
  t.equal(messages, 64, 'none after it is closed')
})

nativeTest('a text that is no address, and a socket that cannot be watched', async (t, libc) => {
  const poller = { watch: () => -12, unwatch: () => {}, soon: () => {}, close: () => {} }
  const open = createNativeOpenUdp(libc, poller, PLAIN_EGRESS)
  const failures: string[] = []
  const events = { message: () => {}, failed: (code: string) => failures.push(code) }
  open({ address: 'example', family: 4, port: 53 }, events)
  open({ address: '127.0.0.1', family: 4, port: 53 }, events)
  t.same(failures, [], 'not before it has returned')
  await until('both fail', () => failures.length === 2)
  t.same(failures, ['EINVAL', 'ENOMEM'])
})
