import { O } from '../../src/libc/constants.ts'
import { ringBell } from '../../src/libc/ring-bell.ts'
import { nativeTest } from '../fixtures/native-test.ts'

nativeTest('each ring counts one', (t, libc, defer) => {
  const bell = libc.eventfd(0, O.NONBLOCK | O.CLOEXEC)
  defer(() => libc.close(bell))
  ringBell(libc, bell)
  ringBell(libc, bell)
  const counted = new BigUint64Array(1)
  t.equal(libc.read(bell, new Uint8Array(counted.buffer), 8), 8)
  t.equal(counted[0], 2n)
})
