import t from 'tap'
import { createInterfaces } from '../../../src/net/host/interfaces.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'
import { interfacesOf, listOf } from '../../fixtures/own-interfaces.ts'

void t.test(
  'addresses by their text, without zones; a netmask with holes counts whole',
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

void t.test('Linux also tells what is deprecated, and of interfaces without a link', async t => {
  const { addresses, names } = interfacesOf(
    ['eth0 2001:db8::2/64'],
    '20010db8000000000000000000000002 04 38 00 20 eth0\n' +
      '20010db8000000000000000000000003 05 40 00 80 down0\n',
  )
  t.match(addresses.get('2001:db8::2'), { prefixLength: 56, deprecated: true, running: true })
  t.match(addresses.get('2001:db8::3'), { prefixLength: 64, deprecated: false, running: false })
  t.ok(names.has('down0'))
})

void t.test('a reading is used for a second, and the epoch changes with the addresses', async t => {
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
})

void t.test('where reading fails, what was known stays', async t => {
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

void t.test('on this host there is a loopback address', async t => {
  const { addresses } = createInterfaces({ clock: createHandClock() })()
  t.match(addresses.get('127.0.0.1'), { family: 4, prefixLength: 8, running: true })
})
