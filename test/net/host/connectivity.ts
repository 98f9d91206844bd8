import t from 'tap'
import { createConnectivity } from '../../../src/net/host/connectivity.ts'
import type { SourceAddress } from '../../../src/net/types.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'
import { interfacesOf } from '../../fixtures/own-interfaces.ts'

const setUp = (
  lines: readonly string[],
  routes: { readonly ipv4?: string; readonly ipv6?: string },
  ifInet6 = '',
) => {
  const clock = createHandClock()
  const state = { now: interfacesOf(lines, ifInet6), routes, asked: 0 }
  const connectivity = createConnectivity({
    clock,
    interfaces: () => state.now,
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

void t.test('a family counts by an address that is neither loopback nor link-local', async t => {
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

void t.test('where no family has one, both count', async t => {
  t.match(await setUp(['lo 127.0.0.1/8', 'lo ::1/128'], {}).connectivity(), {
    ipv4: true,
    ipv6: true,
    preferredFamily: 6,
  })
})

void t.test('IPv6, unless IPv4 alone has a default route', async t => {
  const preferred = async (routes: { readonly ipv4?: string; readonly ipv6?: string }) =>
    (await setUp(BOTH, routes).connectivity()).preferredFamily
  t.equal(await preferred(ROUTES), 6, 'both')
  t.equal(await preferred({}), 6, 'neither')
  t.equal(await preferred({ ipv6: ROUTES.ipv6 }), 6)
  t.equal(await preferred({ ipv4: ROUTES.ipv4 }), 4)
  t.equal(await preferred({ ...ROUTES, ipv6: 'fe80::2%eth0' }), 4, 'a link-local source is none')
})

void t.test('an answer is kept for 5 s, or until the addresses change', async t => {
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
