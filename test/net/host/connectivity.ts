import t from 'tap'
import {
  createConnectivity,
  createEpoch,
  createKnownLocal,
  reachesFar,
} from '../../../src/net/host/connectivity.ts'
import type { EgressOverride } from '../../../src/core/egress.ts'
import { PLAIN_EGRESS } from '../../../src/core/egress.ts'
import type { Interfaces, OwnAddress } from '../../../src/net/host/interfaces.ts'
import type { SourceAddress } from '../../../src/net/network.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'
import { interfacesOf } from '../../fixtures/own-interfaces.ts'

const setUp = (
  lines: readonly string[],
  routes: { readonly ipv4?: string; readonly ipv6?: string },
  ifInet6 = '',
  path: EgressOverride = {},
) => {
  const clock = createHandClock()
  const state = { now: interfacesOf(lines, ifInet6), routes, asked: 0 }
  const connectivity = createConnectivity({
    clock,
    interfaces: () => state.now,
    path: { ...PLAIN_EGRESS, ...path },
    source: (address): SourceAddress => {
      state.asked++
      const source = address.includes(':') ? state.routes.ipv6 : state.routes.ipv4
      return { address: source ?? null, deprecated: false, prefixLength: 0 }
    },
  })
  return { connectivity, clock, state }
}

const BOTH = ['lo 127.0.0.1/8', 'lo ::1/128', 'eth0 192.0.2.2/24', 'eth0 2001:db8::2/64']
const ROUTES = { ipv4: '192.0.2.2', ipv6: '2001:db8::2' }

void t.test('a family has connectivity by an address beyond loopback and link-local', async t => {
  const families = async (lines: readonly string[], ifInet6?: string) => {
    const { ipv4, ipv6 } = await setUp(lines, ROUTES, ifInet6).connectivity()
    return [ipv4 && 4, ipv6 && 6].filter(family => family !== false)
  }
  t.same(await families(BOTH), [4, 6])
  t.same(await families(['eth0 192.0.2.2/24', 'eth0 fe80::2/64', 'lo ::1/128']), [4])
  t.same(await families(['eth0 169.254.7.7/16', 'eth0 2001:db8::2/64', 'lo 127.0.0.1/8']), [6])
  t.same(
    await families(['eth0 192.0.2.2/24'], '20010db8000000000000000000000002 04 40 00 80 down0\n'),
    [4],
    'an interface without a link connects nothing',
  )
})

void t.test('a path decides which families have connectivity', async t => {
  const families = async (path: EgressOverride, routes = ROUTES, lines = BOTH) => {
    const { ipv4, ipv6, preferredFamily } = await setUp(lines, routes, '', path).connectivity()
    return [
      ...[ipv4 && 4, ipv6 && 6].filter(family => family !== false),
      `${preferredFamily} first`,
    ]
  }
  const noRoute6 = { ipv4: '192.0.2.2' }
  t.same(await families({ bind4: 'none' }), [6, '6 first'])
  t.same(await families({ bind6: 'none' }, noRoute6 as typeof ROUTES), [4, '4 first'])
  t.same(
    await families({ bind4: 'none' }, ROUTES, ['lo 127.0.0.1/8']),
    [6, '6 first'],
    'never both',
  )
  t.same(await families({ interface: 'eth0' }), [4, 6, '6 first'])
  t.same(
    await families({ interface: 'eth1' }, noRoute6 as typeof ROUTES),
    [4, 6, '4 first'],
    'a tunnel may lead to some networks alone',
  )
  t.same(await families({ mark: 7 }), [4, 6, '6 first'])
  t.same(
    await families({ bind6: '2001:db8:9::9' }, ROUTES, ['eth0 192.0.2.2/24']),
    [4, 6, '6 first'],
    'an address that the host can bind, though no interface has it',
  )
})

void t.test('without any address both families have connectivity', async t => {
  t.match(await setUp(['lo 127.0.0.1/8', 'lo ::1/128'], {}).connectivity(), {
    ipv4: true,
    ipv6: true,
    preferredFamily: 6,
  })
})

void t.test('IPv6 is preferred unless only IPv4 has a default route', async t => {
  const preferred = async (routes: { readonly ipv4?: string; readonly ipv6?: string }) =>
    (await setUp(BOTH, routes).connectivity()).preferredFamily
  t.equal(await preferred(ROUTES), 6, 'both')
  t.equal(await preferred({}), 6, 'neither')
  t.equal(await preferred({ ipv6: ROUTES.ipv6 }), 6)
  t.equal(await preferred({ ipv4: ROUTES.ipv4 }), 4)
  t.equal(await preferred({ ...ROUTES, ipv6: 'fe80::2%eth0' }), 4, 'a link-local source is none')
})

void t.test('a result is cached for 5 s, or until the addresses change', async t => {
  const { connectivity, clock, state } = setUp(BOTH, ROUTES)
  const first = await connectivity()
  state.routes = { ipv4: ROUTES.ipv4 }
  clock.advance(4999)
  t.equal(connectivity(), first)
  t.equal(state.asked, 2)
  clock.advance(1)
  t.match(await connectivity(), { preferredFamily: 4 })
  state.routes = ROUTES
  state.now = { ...state.now, epoch: 2 }
  t.match(await connectivity(), { preferredFamily: 6 })
})

t.test('loopback and link-local addresses do not reach far', async t => {
  for (const near of ['127.0.0.1', '127.9.9.9', '169.254.7.7', '::1', 'fe80::1', 'febf::1%eth0']) {
    t.equal(reachesFar(near), false, near)
  }
  for (const far of ['192.0.2.1', '10.0.0.1', '2001:db8::1', 'fd00::1', '::2', 'fec0::1']) {
    t.equal(reachesFar(far), true, far)
  }
})

t.test('text that is no address does not reach far', async t => {
  t.equal(reachesFar(null), false)
  t.equal(reachesFar('eth0'), false)
})

const HOST = ['lo 127.0.0.1/8', 'eth0 192.0.2.2/24', 'eth0 2001:db8::2/64', 'eth0 fe80::2/64']

/** Whether a host that had the first lines, and has the second, has moved. */
const hasMoved = (before: Interfaces, after: Interfaces): boolean => {
  let current = before
  const epoch = createEpoch({ interfaces: () => current })
  const first = epoch()
  if (epoch() !== first) throw new Error('it moved by itself')
  current = after
  return epoch() !== first
}

const host = interfacesOf(HOST)

t.test('another far-reaching address changes the epoch', async t => {
  const more = (line: string): Interfaces => interfacesOf([...HOST, line])
  t.equal(hasMoved(host, more('eth0 192.0.2.3/24')), true)
  t.equal(hasMoved(host, more('tun0 10.8.0.2/32')), true, 'a VPN')
  t.equal(hasMoved(more('tun0 10.8.0.2/32'), host), true)
  t.equal(hasMoved(host, more('wlan0 2001:db8:1::2/64')), true)
  t.equal(hasMoved(host, interfacesOf(HOST.slice(0, 1))), true, 'no network at all')
})

t.test('addresses that do not reach far do not change the epoch', async t => {
  for (const line of ['veth1 fe80::9/64', 'veth1 169.254.1.1/16', 'lo 127.0.0.2/8']) {
    t.equal(hasMoved(host, interfacesOf([...HOST, line])), false, line)
  }
  t.equal(hasMoved(host, interfacesOf(HOST.toReversed())), false, 'another order')
})

t.test('a new temporary address does not change the epoch (RFC 8981)', async t => {
  t.equal(hasMoved(host, interfacesOf([...HOST, 'eth0 2001:db8::a:b:c:d/64'])), false)
  const deprecated = '20010db8000000000000000000000002 02 40 00 20     eth0\n'
  t.equal(hasMoved(host, interfacesOf(HOST, deprecated)), false)
})

t.test('an address without a link does not count', async t => {
  const down = '20010db8000100000000000000000002 04 40 00 80    down0\n'
  t.equal(hasMoved(host, interfacesOf(HOST, down)), false)
})

t.test('a host without any address has an epoch', async t => {
  const epoch = createEpoch({ interfaces: () => interfacesOf([]) })
  t.equal(epoch(), epoch())
})

const own = (address: string, changes: Partial<OwnAddress> = {}): [string, OwnAddress] => [
  address,
  {
    address,
    family: address.includes(':') ? 6 : 4,
    prefixLength: 64,
    deprecated: false,
    running: true,
    ...changes,
  },
]

const localInterfacesOf = (epoch: number, ...addresses: [string, OwnAddress][]): Interfaces => ({
  addresses: new Map(addresses),
  names: new Set(['eth0']),
  epoch,
})

t.test('the unique local addresses of interfaces that are up', async t => {
  const knownLocal = createKnownLocal({
    interfaces: () =>
      localInterfacesOf(
        1,
        own('192.0.2.77'),
        own('fe80::1'),
        own('2001:db8::77'),
        own('fd12:3456:789a::1'),
        own('fd00::1', { running: false }),
        own('fc00::1'),
        own('fdff:1::2', { deprecated: true }),
      ),
  })
  t.strictSame(knownLocal(), ['fd12:3456:789a::1', 'fdff:1::2'])
})

t.test('they are computed once per epoch', async t => {
  let current = localInterfacesOf(1, own('fd00:1::1'))
  const knownLocal = createKnownLocal({ interfaces: () => current })
  const first = knownLocal()
  t.equal(knownLocal(), first)
  current = localInterfacesOf(2, own('fd00:2::1'))
  t.strictSame(knownLocal(), ['fd00:2::1'])
})
