import t from 'tap'
import { isNear } from '../../src/core/is-near.ts'

for (const address of ['127.0.0.1', '127.255.0.9', '::1']) {
  t.equal(isNear(address), true, address)
}
for (const address of [undefined, '12.7.0.1', '10.0.0.127', '1.127.0.0', '::', '::2', 'fe80::1']) {
  t.equal(isNear(address), false, String(address))
}
