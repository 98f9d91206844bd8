import fc from 'fast-check'
import t from 'tap'
import type { Sortable } from '../../../src/eyeballs/order/destination.ts'
import type { PolicyTableName } from '../../../src/eyeballs/order/policy-tables.ts'
import { sortDestinations } from '../../../src/eyeballs/order/sort-destinations.ts'
import { standsFirst } from '../../../src/eyeballs/order/stands-first.ts'

const GLOBAL = '2001:db8::1'
const OWN = '2001:db8:1::9'

void t.test('an address beyond doubt stands first', async t => {
  const first = (address: string, source: string, table: PolicyTableName = 'updated'): boolean =>
    standsFirst({ address, source }, table)
  t.equal(first(GLOBAL, OWN), true)
  t.equal(first('::1', '::1'), true)
  t.equal(first('192.0.2.1', '192.0.2.9'), true)
  t.equal(first('fd00:1::1', 'fd00:1::9'), true, 'a unique local address above IPv4')
  t.equal(first('fd00:1::1', 'fd00:2::9', 'linux'), true)
  t.equal(first('fd00:1::1', 'fd00:2::9', 'rfc6724'), false, 'or below')
  t.equal(first('2002:c633:6401::1', '2002:c633:6401::9'), false, 'as 6to4 is')
  t.equal(first('2002:c633:6401::1', '2002:c633:6401::9', 'linux'), true)
  const embedded = { address: '64:ff9b::c000:201', embedded: '192.0.2.1', source: OWN }
  t.equal(standsFirst(embedded, 'updated'), true, 'a NAT64 address is as good as IPv4')
})

void t.test('one whose source is in doubt does not', async t => {
  const first = (changes: Partial<Sortable>): boolean =>
    standsFirst({ address: GLOBAL, source: OWN, ...changes }, 'updated')
  t.equal(first({}), true)
  t.equal(first({ source: null }), false)
  t.equal(first({ source: 'fe80::9' }), false)
  t.equal(first({ sourceDeprecated: true }), false)
  t.equal(first({ source: 'fd00::9' }), false)
  t.equal(first({ source: '2002:c633:6401::9' }), false)
})

void t.test('where nobody was asked for a source, the precedence decides', async t => {
  t.equal(standsFirst({ address: GLOBAL }, 'rfc6724'), true)
  t.equal(standsFirst({ address: 'fd00::1' }, 'updated'), true)
  t.equal(standsFirst({ address: 'fd00::1' }, 'rfc6724'), false)
})

void t.test("this host's other unique local networks have the label of its source", async t => {
  const remote = { address: 'fd00:1:2::1', source: 'fd00:7::9' }
  t.equal(standsFirst(remote, 'updated'), false)
  t.equal(standsFirst(remote, 'updated', ['fd00:1:2::9']), true)
})

void t.test('property: what stands first is before every IPv4 address', async t => {
  const six = fc.constantFrom(GLOBAL, 'fd00:1::1', '2002:c633:6401::1', '2001::1', 'fec0::1', '::1')
  const four = fc.constantFrom('192.0.2.1', '10.0.0.1', '127.0.0.1', '169.254.1.1')
  const sources6 = fc.constantFrom(OWN, 'fd00:1::9', '2002:c633:6401::9', 'fe80::9', '::1', null)
  const sources4 = fc.constantFrom('192.0.2.9', '10.0.0.9', '127.0.0.1', '169.254.1.9', null)
  const of = (address: fc.Arbitrary<string>, source: fc.Arbitrary<string | null>) =>
    fc.record({ address, source, sourceDeprecated: fc.boolean() })
  const tables = fc.constantFrom<PolicyTableName>('rfc6724', 'updated', 'linux')
  fc.assert(
    fc.property(of(six, sources6), of(four, sources4), tables, (mine, other, table) => {
      if (!standsFirst(mine, table)) return
      const [first] = sortDestinations([other, mine], table)
      if (first !== mine) throw new Error(`${other.address} was first`)
    }),
    { numRuns: 5000 },
  )
  t.pass()
})
