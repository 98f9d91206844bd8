import t from 'tap'

import { formatIp } from '../../src/core/ip.ts'
import { parseJudgedAddress } from '../../src/access/judged-address.ts'

const judged = (text: string, embedded?: string): string => {
  const { ip, also } = parseJudgedAddress(text, embedded) ?? {}
  return `${ip && formatIp(ip)} ${also ? formatIp(also) : '-'}`
}

t.test('what an address stands for, and what it is read as beside', async t => {
  const cases: readonly (readonly [string, string])[] = [
    ['192.0.2.1', '192.0.2.1 -'],
    ['2001:db8::1', '2001:db8::1 -'],
    ['::ffff:127.0.0.1', '127.0.0.1 -'],
    ['64:ff9b::7f00:1', '127.0.0.1 64:ff9b::7f00:1'],
    ['64:ff9b::1:7f00:1', '64:ff9b::1:7f00:1 -'],
    ['64:ff9b:1::7f00:1', '64:ff9b:1::7f00:1 127.0.0.1'],
    ['2002:a9fe:a9fe::1', '2002:a9fe:a9fe::1 169.254.169.254'],
    ['2001:0:1234::80ff:fffe', '2001:0:1234::80ff:fffe 127.0.0.1'],
    ['2001:1::1', '2001:1::1 -'],
    ['::127.0.0.1', '::7f00:1 127.0.0.1'],
    ['::', ':: -'],
    ['::1', '::1 -'],
    ['::2', '::2 0.0.0.2'],
    ['fe80::1%eth0', 'fe80::1%eth0 -'],
  ]
  for (const [text, expected] of cases) t.equal(judged(text), expected, text)
})

t.test('what is no address is not judged', async t => {
  for (const text of ['', 'example.com', '127.1', '2130706433', '0x7f000001', '[::1]']) {
    t.equal(parseJudgedAddress(text), undefined, text)
  }
})

t.test(
  "an address of the network's own NAT64 prefix is the IPv4 address that it stands for",
  async t => {
    const address = '2001:db8:64::a00:1'
    t.equal(judged(address), '2001:db8:64::a00:1 -', 'which the address alone does not tell')
    t.equal(judged(address, '10.0.0.1'), '10.0.0.1 2001:db8:64::a00:1')
    t.equal(judged(address, '::ffff:10.0.0.1'), '10.0.0.1 2001:db8:64::a00:1')
    t.equal(judged('64:ff9b:1:0:7f:0:100::', '127.0.0.1'), '127.0.0.1 64:ff9b:1:0:7f:0:100:0')
    t.equal(judged('192.0.2.1', '127.0.0.1'), '192.0.2.1 -', 'an IPv4 address stands for itself')
    t.equal(parseJudgedAddress(address, 'nonsense'), undefined)
    t.equal(parseJudgedAddress('nonsense', '10.0.0.1'), undefined)
  },
)
