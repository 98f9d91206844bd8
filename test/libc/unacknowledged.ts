import { ERRNO } from '../../src/libc/constants.ts'
import { unacknowledged } from '../../src/libc/unacknowledged.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { nativeTest } from '../fixtures/native-test.ts'
import { fdPair } from '../fixtures/relay-rig.ts'

const BLOCK = Buffer.alloc(1_000_000)

nativeTest('what a TCP peer has not got counts, its FIN too', async (t, libc, defer) => {
  const [inner, outer] = fdPair(libc, 'tcp')
  defer(() => [inner, outer].forEach(libc.close))
  t.equal(unacknowledged(libc, inner), 0)
  const sent = libc.send(inner, BLOCK, BLOCK.length, 0x40)
  const left = unacknowledged(libc, inner)
  t.ok(left > 0 && left <= sent, `${left} of ${sent} bytes`)
  libc.shutdown(inner, 1)
  t.equal(unacknowledged(libc, inner), left + 1)
  const room = new Uint8Array(sent)
  const isRead = await eventually(() => {
    libc.recv(outer, room, room.length, 0x40)
    return unacknowledged(libc, inner) === 0
  })
  t.ok(isRead, 'nothing is left once it was read')
})

nativeTest('the peer of a UNIX socket keeps what it was sent', (t, libc, defer) => {
  const [inner, outer] = fdPair(libc, 'unix')
  defer(() => [inner, outer].forEach(libc.close))
  t.ok(libc.send(inner, BLOCK, BLOCK.length, 0x40) > 0)
  t.equal(unacknowledged(libc, inner), 0)
})

nativeTest('a descriptor that cannot be asked has nothing', (t, libc) => {
  t.equal(libc.ioctl(-1, 0x5411, new Int32Array(1)), -ERRNO.EBADF)
  t.equal(unacknowledged(libc, -1), 0)
})
