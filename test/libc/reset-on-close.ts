import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'
import { parseIp } from '../../src/core/ip.ts'
import type { Ip } from '../../src/core/ip.ts'
import { AF, SOCK } from '../../src/libc/constants.ts'
import { resetOnClose } from '../../src/libc/reset-on-close.ts'
import { encodeSocketAddress } from '../../src/libc/socket-address.ts'
import { nativeTest } from '../fixtures/native-test.ts'

for (const isReset of [true, false]) {
  nativeTest(
    isReset ? 'the peer gets RST' : 'without it the peer gets FIN',
    async (t, libc, defer) => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      defer(() => new Promise(resolve => server.close(resolve)))
      const fd = libc.socket(AF.INET, SOCK.STREAM, 0)
      const target = encodeSocketAddress(
        parseIp('127.0.0.1') as Ip,
        (server.address() as AddressInfo).port,
      )
      t.equal(libc.connect(fd, target, target.length), 0)
      const [peer] = (await once(server, 'connection')) as [Socket]
      const seen = new Promise(resolve => {
        peer.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code))
        peer.on('end', () => resolve('end'))
      })
      peer.resume()
      if (isReset) resetOnClose(libc, fd)
      libc.close(fd)
      t.equal(await seen, isReset ? 'ECONNRESET' : 'end')
      peer.destroy()
    },
  )
}
