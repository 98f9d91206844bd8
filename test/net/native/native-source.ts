import { PLAIN_EGRESS } from '../../../src/core/egress.ts'
import { createNativeSource } from '../../../src/net/native/native-source.ts'
import { nativeTest } from '../../fixtures/native-test.ts'

nativeTest('the source address of a path', async (t, libc) => {
  const plain = createNativeSource(libc, PLAIN_EGRESS)
  t.same(await plain('127.0.0.2', 4), { address: '127.0.0.1' })
  t.same(await plain('::1', 6), { address: '::1' })
  const bound = createNativeSource(libc, { ...PLAIN_EGRESS, bind4: '127.0.0.9', bind6: 'none' })
  t.same(await bound('127.0.0.2', 4), { address: '127.0.0.9' })
  t.same(await bound('::1', 6), { code: 'EADDRNOTAVAIL' })
  const gone = createNativeSource(libc, { ...PLAIN_EGRESS, bind4: '192.0.2.9' })
  t.same(await gone('127.0.0.2', 4), { code: 'EADDRNOTAVAIL' })
  const noSocket = createNativeSource({ ...libc, socket: () => -24 }, PLAIN_EGRESS)
  t.same(await noSocket('127.0.0.2', 4), { code: 'EMFILE' })
  const unnamed = createNativeSource({ ...libc, getsockname: () => -107 }, PLAIN_EGRESS)
  t.same(await unnamed('127.0.0.2', 4), { code: 'EADDRNOTAVAIL' })
})
