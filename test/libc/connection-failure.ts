import { connectionFailure } from '../../src/libc/connection-failure.ts'
import { ERRNO } from '../../src/libc/constants.ts'
import { resetOnClose } from '../../src/libc/reset-on-close.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { nativeTest } from '../fixtures/native-test.ts'
import { fdPair } from '../fixtures/relay-rig.ts'

const WORDS = Buffer.from('words')

for (const hasEnded of [false, true]) {
  const title = hasEnded ? 'behind a FIN of our own' : 'of a connection that is open'
  nativeTest(
    `a reset behind bytes that were not read is seen once, ${title}`,
    async (t, libc, defer) => {
      const [inner, outer] = fdPair(libc, 'tcp')
      defer(() => libc.close(inner))
      if (hasEnded) libc.shutdown(inner, 1)
      libc.send(outer, WORDS, WORDS.length, 0x40)
      t.equal(connectionFailure(libc, inner), 0, 'it lives')
      resetOnClose(libc, outer)
      libc.close(outer)
      let failure = 0
      t.ok(await eventually(() => (failure = connectionFailure(libc, inner)) !== 0))
      t.equal(failure, ERRNO.ECONNRESET)
      t.equal(connectionFailure(libc, inner), 0)
      t.equal(libc.recv(inner, new Uint8Array(64), 64, 0x40), WORDS.length, 'the bytes are there')
    },
  )
}

nativeTest('both ends in order are no failure', async (t, libc, defer) => {
  const [inner, outer] = fdPair(libc, 'tcp')
  defer(() => libc.close(inner))
  libc.send(outer, WORDS, WORDS.length, 0x40)
  libc.shutdown(outer, 1)
  libc.shutdown(inner, 1)
  libc.recv(outer, new Uint8Array(1), 1, 0)
  libc.close(outer)
  const room = new Uint8Array(64)
  t.ok(await eventually(() => libc.recv(inner, room, 64, 0x42) === WORDS.length))
  t.equal(connectionFailure(libc, inner), 0)
})

nativeTest('a UNIX socket and a closed descriptor cannot be asked', (t, libc, defer) => {
  const [inner, outer] = fdPair(libc, 'unix')
  defer(() => libc.close(inner))
  libc.close(outer)
  t.equal(connectionFailure(libc, inner), 0)
  t.equal(connectionFailure(libc, -1), 0)
})
