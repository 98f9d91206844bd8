import t from 'tap'
import { reachesFar } from '../../../src/net/host/reaches-far.ts'

t.test('loopback and link-local addresses reach nothing far away', async t => {
  for (const near of ['127.0.0.1', '127.9.9.9', '169.254.7.7', '::1', 'fe80::1', 'febf::1%eth0']) {
    t.equal(reachesFar(near), false, near)
  }
  for (const far of ['192.0.2.1', '10.0.0.1', '2001:db8::1', 'fd00::1', '::2', 'fec0::1']) {
    t.equal(reachesFar(far), true, far)
  }
})

t.test('what is no address reaches nothing', async t => {
  t.equal(reachesFar(null), false)
  t.equal(reachesFar('eth0'), false)
})
