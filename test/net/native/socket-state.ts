import t from 'tap'
import type { Libc } from '../../../src/libc/libc.ts'
import type { Poller } from '../../../src/libc/epoll-events.ts'
import { NativeSocketState, STATE } from '../../../src/net/native/socket-state.ts'

void t.test('no two states share a bit', t => {
  const bits = Object.values(STATE)
  t.equal(
    bits.reduce<number>((all, bit) => all | bit, 0),
    2 ** bits.length - 1,
  )
  t.end()
})

void t.test('a new socket has nothing behind it', t => {
  const state = new NativeSocketState({
    libc: {} as Libc,
    poller: {} as Poller,
    fd: 3,
    remote: { address: '192.0.2.1', port: 80 },
    local: { address: '192.0.2.2', port: 4000 },
  })
  t.match(state, {
    remoteAddress: '192.0.2.1',
    remotePort: 80,
    localAddress: '192.0.2.2',
    localPort: 4000,
    destroyed: false,
    closed: false,
    errored: null,
    writable: true,
    readableEnded: false,
    readableLength: 0,
    writableEnded: false,
    writableFinished: false,
    writableLength: 0,
    writableHighWaterMark: 65_536,
  })
  t.end()
})
