import fc from 'fast-check'
import t from 'tap'
import { formatIp } from '../../../src/core/ip.ts'
import {
  createInterfaces,
  createLocalAddresses,
  isZoneMissing,
  parseIfInet6,
  zoneOf,
} from '../../../src/net/host/interfaces.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'
import { interfacesOf, listOf } from '../../fixtures/own-interfaces.ts'

void t.test(
  'addresses by text without zone; a netmask with holes means the full length',
  async t => {
    const { addresses, names } = interfacesOf([
      'lo 127.0.0.1/8',
      'eth0 192.0.2.2/24',
      'eth0 fe80::1%eth0/64',
      'eth1 198.51.100.9',
      'odd no-address/8',
    ])
    t.same([...names], ['lo', 'eth0', 'eth1'])
    t.same([...addresses.keys()], ['127.0.0.1', '192.0.2.2', 'fe80::1', '198.51.100.9'])
    t.same(addresses.get('192.0.2.2'), {
      address: '192.0.2.2',
      family: 4,
      prefixLength: 24,
      deprecated: false,
      running: true,
    })
    t.equal(addresses.get('198.51.100.9')?.prefixLength, 32)
  },
)

void t.test('Linux also reports deprecated addresses, and interfaces without a link', async t => {
  const { addresses, names } = interfacesOf(
    ['eth0 2001:db8::2/64'],
    '20010db8000000000000000000000002 04 38 00 20 eth0\n' +
      '20010db8000000000000000000000003 05 40 00 80 down0\n',
  )
  t.match(addresses.get('2001:db8::2'), { prefixLength: 56, deprecated: true, running: true })
  t.match(addresses.get('2001:db8::3'), { prefixLength: 64, deprecated: false, running: false })
  t.ok(names.has('down0'))
})

void t.test(
  'a reading is cached for a second, and the epoch changes with the addresses',
  async t => {
    const clock = createHandClock()
    let lines = ['eth0 192.0.2.2/24']
    let readings = 0
    const interfaces = createInterfaces({
      clock,
      list: () => {
        readings++
        return listOf(...lines)
      },
      ifInet6: () => '',
    })
    const first = interfaces()
    lines = ['eth0 192.0.2.3/24']
    clock.advance(999)
    t.equal(interfaces(), first)
    t.equal(readings, 1)
    clock.advance(1)
    const second = interfaces()
    t.equal(readings, 2)
    t.not(second.epoch, first.epoch)
    t.ok(second.addresses.has('192.0.2.3'))
    clock.advance(1000)
    t.equal(interfaces(), second, 'read again, and the same')
    t.equal(readings, 3)
  },
)

void t.test('after a failed reading the previous one stays', async t => {
  const clock = createHandClock()
  let broken = true
  const interfaces = createInterfaces({
    clock,
    list: () => {
      if (broken) throw new Error('EMFILE')
      return listOf('eth0 192.0.2.2/24')
    },
    ifInet6: () => '',
  })
  t.equal(interfaces().addresses.size, 0)
  broken = false
  clock.advance(1000)
  t.equal(interfaces().addresses.size, 1)
  broken = true
  clock.advance(1000)
  t.equal(interfaces().addresses.size, 1)
})

void t.test('this host has a loopback address', async t => {
  const { addresses } = createInterfaces({ clock: createHandClock() })()
  t.match(addresses.get('127.0.0.1'), { family: 4, prefixLength: 8, running: true })
})

const read = (text: string) =>
  parseIfInet6(text).map(({ ip, ...rest }) => ({ address: formatIp(ip), ...rest }))

void t.test('lines of /proc/net/if_inet6 are parsed', async t => {
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

void t.test('lines of another form are skipped', async t => {
  t.same(read('nonsense\n0001 01 80 10 80 lo\n'), [])
  t.same(read('00000000000000000000000000000001 01 81 10 80 lo'), [], 'prefix length 129')
})

void t.test('no text makes the parser throw', async () => {
  fc.assert(
    fc.property(fc.string(), text => {
      parseIfInet6(text)
    }),
  )
})

const isLocal = createLocalAddresses(() =>
  interfacesOf(['lo 127.0.0.1/8', 'eth0 192.0.2.2/24', 'eth0 2001:db8::2/64', 'eth0 fe80::2/64']),
)

void t.test('loopback and unspecified addresses are local', async t => {
  for (const address of ['127.0.0.1', '127.8.9.10', '::1', '::1%lo', '0.0.0.0', '::']) {
    t.equal(isLocal(address), true, address)
  }
  t.equal(isLocal('::ffff:127.0.0.1'), true, 'IPv4-mapped')
  t.equal(isLocal('::ffff:0.0.0.0'), true, 'IPv4-mapped')
})

void t.test('the addresses of interfaces are local, others are not', async t => {
  for (const address of ['192.0.2.2', '2001:db8::2', '2001:0DB8:0::2', 'fe80::2%eth0']) {
    t.equal(isLocal(address), true, address)
  }
  t.equal(isLocal('::ffff:192.0.2.2'), true, 'IPv4-mapped')
  for (const address of ['192.0.2.3', '2001:db8::3', '0.0.0.1', '128.0.0.1', '::2']) {
    t.equal(isLocal(address), false, address)
  }
})

void t.test('text that is no address is not local', async t => {
  t.equal(isLocal('localhost'), false)
  t.equal(isLocal(''), false)
})

t.test('the zone of an address', async t => {
  t.equal(zoneOf('fe80::1%eth0'), 'eth0')
  t.equal(zoneOf('fe80::1'), undefined)
})

t.test('a zone that this host does not have', async t => {
  const hasInterface = (name: string): boolean => name === 'eth0'
  t.equal(isZoneMissing('fe80::1%eth1', hasInterface), true)
  t.equal(isZoneMissing('fe80::1%eth0', hasInterface), false)
  t.equal(isZoneMissing('fe80::1', hasInterface), false)
})
