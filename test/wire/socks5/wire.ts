import t from 'tap'
import * as wire from '../../../src/wire/socks5/wire.ts'

void t.test('the numbers are those of the RFCs', async t => {
  t.equal(wire.VERSION, 5, 'RFC 1928 section 3')
  t.equal(wire.LOGIN_VERSION, 1, 'RFC 1929 section 2')
  t.same(wire.METHOD, { noLogin: 0, login: 2, none: 255 }, 'RFC 1928 section 3')
  t.same(wire.LOGIN_STATUS, { good: 0, bad: 1 }, 'RFC 1929 section 2')
  t.same(wire.COMMAND, { connect: 1, bind: 2, udpAssociate: 3 }, 'RFC 1928 section 4')
  t.same(wire.ADDRESS_TYPE, { ipv4: 1, domain: 3, ipv6: 4 }, 'RFC 1928 section 5')
  t.same(Object.values(wire.REPLY), [0, 1, 2, 3, 4, 5, 6, 7, 8], 'RFC 1928 section 6, in its order')
  t.equal(wire.REQUEST_MAX_BYTES, 262, 'RFC 1928 section 4: 4 + 1 + 255 + 2')
})
