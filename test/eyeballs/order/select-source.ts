import t from 'tap'
import type { Source } from '../../../src/eyeballs/order/select-source.ts'
import { selectSource } from '../../../src/eyeballs/order/select-source.ts'

const from = (...addresses: readonly string[]): readonly Source[] =>
  addresses.map(address => ({ address }))

const old = (address: string): Source => ({ address, deprecated: true })

const chosen = (destination: string, sources: readonly Source[]): string | undefined =>
  selectSource(destination, sources, 'rfc6724')?.address

const TEMPORARY = '2002:c633:6401::d5e3:7953:13eb:22e8'

const SOURCES: readonly [rule: string, to: string, sources: readonly Source[], best: string][] = [
  ['2: scope', '2001:db8:1::1', from('2001:db8:3::1', 'fe80::1'), '2001:db8:3::1'],
  ['2: scope', 'ff05::1', from('2001:db8:3::1', 'fe80::1'), '2001:db8:3::1'],
  ['2: scope', 'fe80::1', [old('fe80::2'), ...from('2001:db8:1::1')], 'fe80::2'],
  ['1: itself', '2001:db8:1::1', [old('2001:db8:1::1'), ...from('2001:db8:2::1')], '2001:db8:1::1'],
  ['6: label', '2002:c633:6401::1', from(TEMPORARY, '2001:db8:1::2'), TEMPORARY],
  ['8: prefix', '2001:db8:1::1', from('2001:db8:1::2', '2001:db8:3::2'), '2001:db8:1::2'],
  [
    '3: deprecated',
    '2001:db8:1::1',
    [old('2001:db8:1::2'), ...from('2001:db8:9::2')],
    '2001:db8:9::2',
  ],
]

for (const [rule, to, sources, best] of SOURCES) {
  void t.test(`RFC 6724 section 10.1, to ${to} by rule ${rule}`, async t => {
    t.equal(chosen(to, sources), best)
    t.equal(chosen(to, sources.toReversed()), best, 'whatever their order')
  })
}

void t.test('a family that has no source, and a host that has none', async t => {
  t.equal(chosen('2001:db8::1', from('192.0.2.1')), undefined)
  t.equal(chosen('192.0.2.1', from('2001:db8::1')), undefined)
  t.equal(chosen('192.0.2.1', []), undefined)
})

void t.test('IPv4-mapped texts are IPv4', async t => {
  t.equal(chosen('::ffff:192.0.2.1', from('2001:db8::1', '192.0.2.9')), '192.0.2.9')
})

void t.test(
  'rule 2: of two that reach the destination the nearer one, else the farther',
  async t => {
    t.equal(chosen('169.254.1.1', from('10.1.2.4', '169.254.13.78')), '169.254.13.78')
    t.equal(chosen('198.51.100.1', from('169.254.13.78', '10.1.2.4')), '10.1.2.4')
  },
)

void t.test('rule 8: bits behind the prefix of a source do not count', async t => {
  const sources = [
    { address: '2001:db8:1:2::2', prefixLength: 32 },
    { address: '2001:db8:1:3::2', prefixLength: 48 },
  ]
  t.equal(chosen('2001:db8:1:2::1', sources), '2001:db8:1:3::2')
  t.equal(
    chosen('2001:db8:1:2::1', from('2001:db8:1:2:8::1', '2001:db8:1:2::9')),
    '2001:db8:1:2:8::1',
  )
})

void t.test('where nothing decides, the first', async t => {
  const twins = from('192.0.2.8', '192.0.2.9')
  t.equal(selectSource('192.0.2.200', twins, 'rfc6724'), twins[0])
})

void t.test('a link-local source is of the zone that the destination names', async t => {
  const sources = from('fe80::2%eth0', 'fe80::2%eth1')
  t.equal(chosen('fe80::1%eth1', sources), 'fe80::2%eth1')
  t.equal(chosen('fe80::1', sources), 'fe80::2%eth0')
  t.equal(chosen('fe80::1%eth2', sources), undefined)
})

void t.test('the updated table: a known-local destination wants a known-local source', async t => {
  const sources = from('2001:db8:9::2', 'fd00:1:2::2')
  t.equal(selectSource('fd00:1:2:9::1', sources, 'updated')?.address, 'fd00:1:2::2')
  const nearer = from('fd00:7:8::2', '2001:db8::2')
  t.equal(selectSource('fd00:1:2::1', nearer, 'updated', ['fd00:1:2::9'])?.address, 'fd00:7:8::2')
})

void t.test('a text that is no address is refused, and named', async t => {
  t.throws(() => chosen('example.com', []), {
    code: 'ERR_INVALID_ADDRESS',
    message: 'the address "example.com" cannot be sorted: an IP address is wanted',
  })
  t.throws(() => chosen('192.0.2.1', from('x')), { message: /the source address "x"/ })
})
