import fc from 'fast-check'
import t from 'tap'
import { formatIp } from '../../../src/core/ip.ts'
import { parseIfInet6 } from '../../../src/net/host/if-inet6.ts'

const read = (text: string) =>
  parseIfInet6(text).map(({ ip, ...rest }) => ({ address: formatIp(ip), ...rest }))

void t.test('the lines of Linux are read', async t => {
  t.same(
    read(
      [
        '00000000000000000000000000000001 01 80 10 80       lo',
        '20010db8000000000000000000000002 04 40 00 a0     eth0',
        'fe8000000000000000fc00fffe000001 3f2 40 20 80 br-0a1b2c3d4e5',
        '20010db8000000000000000000000003 04 40 00 10320 eth0.7',
        '',
      ].join('\n'),
    ),
    [
      { address: '::1', name: 'lo', prefixLength: 128, deprecated: false },
      { address: '2001:db8::2', name: 'eth0', prefixLength: 64, deprecated: true },
      {
        address: 'fe80::fc:ff:fe00:1',
        name: 'br-0a1b2c3d4e5',
        prefixLength: 64,
        deprecated: false,
      },
      { address: '2001:db8::3', name: 'eth0.7', prefixLength: 64, deprecated: true },
    ],
  )
})

void t.test('lines of another form are left out', async t => {
  t.same(read('nonsense\n0001 01 80 10 80 lo\n'), [])
  t.same(read('00000000000000000000000000000001 01 81 10 80 lo'), [], 'prefix length 129')
})

void t.test('whatever the text, nothing is thrown', async () => {
  fc.assert(
    fc.property(fc.string(), text => {
      parseIfInet6(text)
    }),
  )
})
