import t from 'tap'
import { SOCKS4_REPLY, encodeSocks4Reply } from '../../../src/wire/socks4/encode-reply.ts'
import { hexOf } from '../../fixtures/socks-bytes.ts'

t.test('SOCKS4: a reply is 8 bytes', async t => {
  const { granted, rejected } = SOCKS4_REPLY
  t.equal(hexOf(encodeSocks4Reply(rejected)), '005b000000000000')
  const cases = [
    ['192.0.2.77', '005a9cb0c000024d'],
    ['::ffff:192.0.2.77', '005a9cb0c000024d'],
    ['2001:db8::1', '005a9cb000000000'],
    ['no address', '005a9cb000000000'],
  ] as const
  for (const [address, hex] of cases)
    t.equal(hexOf(encodeSocks4Reply(granted, { address, port: 40_112 })), hex, address)
})
