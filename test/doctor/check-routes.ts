import t from 'tap'
import { checkRoutes } from '../../src/doctor/check-routes.ts'
import type { HostScript } from '../fixtures/doctor-host.ts'
import { FILES, createDoctorHost, sourceOf } from '../fixtures/doctor-host.ts'

/** The findings, as `id severity: message`, for a host with these source addresses. */
const look = async (
  six: ReturnType<typeof sourceOf>,
  four: ReturnType<typeof sourceOf>,
  script: HostScript = {},
): Promise<readonly string[]> => {
  const host = createDoctorHost(script)
  const source = (address: string) => (address.includes(':') ? six : four)
  const found = await checkRoutes({ ...host, races: { ...host.races, source } })
  return found.map(({ id, severity, message }) => `${id} ${severity}: ${message}`)
}

const SIX = sourceOf('2001:db8::77')
const FOUR = sourceOf('192.0.2.77')
const NONE = sourceOf(null)

t.test('a host with both families', async t => {
  t.strictSame(await look(SIX, FOUR), [
    'route.ipv6 ok: IPv6: default route by eth0 through fe80::1, source address 2001:db8::77',
    'route.ipv4 ok: IPv4: default route by eth0 through 192.0.2.1, source address 192.0.2.77',
    'mtu.ipv6 ok: IPv6: path MTU 1500 bytes',
    'mtu.ipv4 ok: IPv4: path MTU 1500 bytes',
  ])
})

t.test('a VPN', async t => {
  const half = 'tun0	00000000	0108000A	0003	0	0	0	00000080	0	0	0\n'
  const upper = 'tun0	00000080	0108000A	0003	0	0	0	00000080	0	0	0\n'
  const split = { '/proc/net/route': `${half}${upper}${FILES['/proc/net/route']}` }
  const own = (name: string): HostScript => ({
    interfaceOf: address => (address.includes(':') ? 'eth0' : name),
  })
  const [, four] = await look(SIX, sourceOf('10.0.8.2'), { files: split, ...own('tun0') })
  t.equal(
    four,
    'route.ipv4 ok: IPv4: route 128.0.0.0/1 by tun0 through 10.0.8.1, source address 10.0.8.2',
    'it splits the default route in two',
  )
  const [, byRule] = await look(SIX, sourceOf('10.0.8.2'), own('wg0'))
  t.equal(
    byRule,
    'route.ipv4 ok: IPv4: by wg0, source address 10.0.8.2',
    'it has a table of its own, chosen by a rule',
  )
  const [, anycast] = await look(SIX, FOUR, own('lo'))
  t.match(anycast, /default route by eth0 through 192\.0\.2\.1, source address 192\.0\.2\.77$/)
})

t.test('where routes cannot be read', async t => {
  const files = {
    '/proc/net/route': null,
    '/proc/net/ipv6_route': null,
    '/proc/net/if_inet6': null,
  }
  const found = await look(SIX, FOUR, { files, interfaceOf: () => null })
  t.strictSame(found.slice(0, 2), [
    'route.ipv6 ok: IPv6: source address 2001:db8::77',
    'route.ipv4 ok: IPv4: source address 192.0.2.77',
  ])
})

t.test('IPv6 that is not there, or only half', async t => {
  const without = { '/proc/net/ipv6_route': '', '/proc/net/if_inet6': '' }
  const [none] = await look(NONE, FOUR, { files: without })
  t.match(none, /^route\.ipv6 note: There is no IPv6 here/)
  const [routeless] = await look(NONE, FOUR, { files: { '/proc/net/ipv6_route': '' } })
  t.match(routeless, /^route\.ipv6 warning: IPv6 has an address and no default route/)
  const [sourceless] = await look(sourceOf('fe80::1'), FOUR)
  t.match(sourceless, /^route\.ipv6 warning: IPv6 has a default route by eth0 and no address/)
})

t.test('a host with IPv6 alone, and one with nothing', async t => {
  const [, four] = await look(SIX, NONE)
  t.match(
    four,
    /^route\.ipv4 note: There is no way out by IPv4, so targets without IPv6 need NAT64/,
  )
  const found = await look(NONE, NONE)
  t.match(found[0], /^route\.ipv6 problem: There is no way out by IPv6/)
  t.match(found[1], /^route\.ipv4 problem: There is no way out by IPv4/)
})

t.test('source addresses that do not serve', async t => {
  const deprecated = await look(sourceOf('2001:db8::77', true), FOUR)
  t.match(deprecated[1], /^source\.ipv6 warning: The source address 2001:db8::77 is deprecated/)
  const local = await look(sourceOf('fd00::7'), FOUR)
  t.match(local[1], /^source\.ipv6 warning: IPv6 leaves from the unique local address fd00::7/)
  const line = (flags: string) => `20010db8000000000000000000000077 02 40 00 ${flags} eth0\n`
  const temporary = await look(SIX, FOUR, { files: { '/proc/net/if_inet6': line('01') } })
  t.match(temporary[0], /source address 2001:db8::77 \(temporary\)$/)
  const duplicate = await look(SIX, FOUR, { files: { '/proc/net/if_inet6': line('08') } })
  t.match(duplicate[1], /^source\.ipv6 warning: The address 2001:db8::77 of eth0 is not used/)
})

t.test('path MTU', async t => {
  const of = (mtu: number | null) => look(SIX, FOUR, { pathMtu: () => mtu })
  t.match((await of(1200))[2], /^mtu\.ipv6 problem: The path MTU of IPv6 is 1200 bytes/)
  t.match((await of(1200))[3], /^mtu\.ipv4 warning: IPv4: path MTU 1200 bytes/)
  t.match((await of(1280))[2], /^mtu\.ipv6 note: .* 1280 bytes, less than the usual 1500/)
  t.match((await of(9000))[2], /^mtu\.ipv6 ok/)
  t.equal((await of(null)).length, 2, 'where the kernel is not asked')
  const small = { '/sys/class/net/eth0/mtu': '1000\n', '/proc/net/if_inet6': '' }
  const tiny = await look(NONE, FOUR, { files: small, pathMtu: () => 1000 })
  t.match(tiny[2], /^mtu\.ipv6 warning: The MTU of eth0 is 1000 bytes, and Linux has no IPv6 on/)
})
