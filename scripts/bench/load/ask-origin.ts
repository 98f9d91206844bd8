import { AF, MSG, SOCK } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import { loopbackAddress } from './loopback-address.ts'
import { MODE } from './modes.ts'
import { must } from './need-libc.ts'
import type { OriginCounts } from './types.ts'

/** What an origin has counted at one of its ports, asked without a proxy. Waits for the answer. */
export const askOrigin = (libc: Libc, port: number): OriginCounts => {
  const fd = must('socket', libc.socket(AF.INET, SOCK.STREAM | SOCK.CLOEXEC, 0))
  try {
    const address = loopbackAddress(port)
    must(`connect to the origin at ${port}`, libc.connect(fd, address, address.length))
    must('send', libc.send(fd, Uint8Array.of(MODE.COUNT), 1, MSG.NOSIGNAL))
    const buffer = Buffer.alloc(4096)
    let text = ''
    for (;;) {
      const count = must('recv', libc.recv(fd, buffer, buffer.length, 0))
      if (count === 0) return JSON.parse(text) as OriginCounts
      text += buffer.toString('latin1', 0, count)
    }
  } finally {
    libc.close(fd)
  }
}
