import t from 'tap'
import type { Ip } from '../../src/core/ip.ts'
import { parseIp } from '../../src/core/ip.ts'
import { parseFlagged, parseRoutes4, parseRoutes6 } from '../../src/doctor/routes.ts'
import { FILES } from '../fixtures/doctor-host.ts'

const ip = (text: string): Ip => parseIp(text) as Ip
const FAR4 = ip('192.0.0.9')
const FAR6 = ip('2001:1::1')

t.test('routes of IPv4 to a destination, the preferred one first', async t => {
  t.strictSame(parseRoutes4(FILES['/proc/net/route'] ?? '', FAR4), [
    { family: 4, prefix: '0.0.0.0/0', device: 'eth0', gateway: '192.0.2.1', metric: 100 },
    { family: 4, prefix: '0.0.0.0/0', device: 'eth1', gateway: '192.0.2.254', metric: 600 },
  ])
  const own = parseRoutes4(FILES['/proc/net/route'] ?? '', ip('192.0.2.8'))
  t.match(own[0], { prefix: '192.0.2.0/24', gateway: null }, 'the longest prefix')
  const reject = 'x	00000000	00000000	0201	0	0	0	00000000	0	0	0'
  const lower = 'x	00000000	00000000	0001	0	0	0	00000080	0	0	0'
  const upper = 'tun0	00000080	00000000	0001	0	0	9	00000080	0	0	0'
  const link = 'ppp0	00000000	00000000	0001	0	0	0	00000000	0	0	0'
  t.strictSame(parseRoutes4([reject, lower, link, upper, 'nonsense', ''].join('\n'), FAR4), [
    { family: 4, prefix: '128.0.0.0/1', device: 'tun0', gateway: null, metric: 9 },
    { family: 4, prefix: '0.0.0.0/0', device: 'ppp0', gateway: null, metric: 0 },
  ])
})

t.test('routes of IPv6, without that of the kernel', async t => {
  t.strictSame(parseRoutes6(FILES['/proc/net/ipv6_route'] ?? '', FAR6), [
    { family: 6, prefix: '::/0', device: 'eth0', gateway: 'fe80::1', metric: 1024 },
  ])
  t.strictSame(parseRoutes6('nonsense\n\n', FAR6), [])
})

t.test('flags of IPv6 addresses', async t => {
  const line = (flags: string) => `20010db8000000000000000000000001 02 40 00 ${flags} eth0\n`
  const [plain, temporary, deprecated, tentative, duplicate] = parseFlagged(
    ['80', '01', '21', '40', 'c8'].map(line).join(''),
  )
  t.match(plain, { address: '2001:db8::1', device: 'eth0', temporary: false, unusable: null })
  t.match(temporary, { temporary: true, deprecated: false })
  t.match(deprecated, { temporary: true, deprecated: true })
  t.match(tentative, { unusable: 'tentative' })
  t.match(duplicate, { unusable: 'duplicate' })
  t.strictSame(parseFlagged('what\n'), [])
})
