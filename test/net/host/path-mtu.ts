import t from 'tap'
import { pathMtu } from '../../../src/net/host/path-mtu.ts'
import { nativeTest } from '../../fixtures/native-test.ts'

nativeTest('the kernel knows the path MTU of loopback', async t => {
  const mtu = pathMtu('127.0.0.1') ?? 0
  t.ok(mtu >= 16_384, `${mtu}`)
  t.equal(pathMtu('no address'), null)
  t.equal(pathMtu('fe80::1%none0'), null, 'no route')
})

t.test('nothing is known without the C library', async t => {
  t.equal(
    pathMtu('127.0.0.1', () => ({ ok: false, reason: 'none' })),
    null,
  )
})
