import fc from 'fast-check'
import t from 'tap'
import { ipFromBytes } from '../../../src/core/ip.ts'
import type { PolicyTableName } from '../../../src/eyeballs/order/policy-tables.ts'
import {
  KNOWN_LOCAL,
  lookupPolicy,
  makesKnownLocal,
} from '../../../src/eyeballs/order/policy-tables.ts'
import { ip } from '../../fixtures/ip.ts'

/** precedence/label per table, one address inside each row. */
const EXPECTED: readonly [string, string, string, string][] = [
  // address            rfc6724  updated  linux
  ['::1', '50/0', '50/0', '50/0'],
  ['2001:db8::1', '40/1', '40/1', '40/1'],
  ['2a00::1', '40/1', '40/1', '40/1'],
  ['192.0.2.1', '35/4', '20/4', '10/4'],
  ['127.0.0.1', '35/4', '20/4', '10/4'],
  ['::ffff:192.0.2.1', '35/4', '20/4', '10/4'],
  ['fd12:3456::1', '3/13', '30/13', '40/6'],
  ['fc00::1', '3/13', '30/13', '40/6'],
  ['2002:c633:6401::1', '30/2', '5/2', '30/2'],
  ['2001:0:1234::1', '5/5', '5/5', '40/7'],
  ['::192.0.2.1', '1/3', '1/3', '20/3'],
  ['::', '1/3', '1/3', '20/3'],
  ['fec0::1', '1/11', '1/11', '40/5'],
  ['3ffe::1', '1/12', '1/12', '40/1'],
  // One bit off the prefixes: the catch-all row.
  ['fbff::1', '40/1', '40/1', '40/1'],
  ['2003::1', '40/1', '40/1', '40/1'],
  ['2001:1::1', '40/1', '40/1', '40/1'],
  ['::1:0:0:1', '40/1', '40/1', '40/1'],
  ['fe80::1', '40/1', '40/1', '40/1'],
]

void t.test('RFC 6724 section 2.1: the longest prefix gives precedence and label', async t => {
  const names: readonly PolicyTableName[] = ['rfc6724', 'updated', 'linux']
  for (const [address, ...wanted] of EXPECTED) {
    for (const [i, name] of names.entries()) {
      const { precedence, label } = lookupPolicy(name, ip(address))
      t.equal(`${precedence}/${label}`, wanted[i], `${address} in ${name}`)
    }
  }
})

void t.test('the known-local /48 is heeded by the updated table alone', async t => {
  const own = [ip('fd00:1:2:3::9')]
  t.same(lookupPolicy('updated', ip('fd00:1:2:ffff::1'), own), KNOWN_LOCAL)
  t.match(lookupPolicy('updated', ip('fd00:1:3::1'), own), { precedence: 30, label: 13 })
  t.match(lookupPolicy('updated', ip('2001:db8::1'), own), { precedence: 40, label: 1 })
  t.match(lookupPolicy('rfc6724', ip('fd00:1:2:ffff::1'), own), { precedence: 3, label: 13 })
  t.match(lookupPolicy('linux', ip('fd00:1:2:ffff::1'), own), { precedence: 40, label: 6 })
})

void t.test('only locally assigned unique local addresses make a /48 known-local', async t => {
  t.equal(makesKnownLocal(ip('fd00::1')), true)
  t.equal(makesKnownLocal(ip('fc00::1')), false)
  t.equal(makesKnownLocal(ip('2001:db8::1')), false)
  t.equal(makesKnownLocal(ip('192.0.2.1')), false)
})

void t.test('every address there is has a row', async t => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), bytes => {
      const { precedence, label } = lookupPolicy('rfc6724', ipFromBytes(bytes))
      return precedence > 0 && label >= 0
    }),
  )
  t.pass()
})
