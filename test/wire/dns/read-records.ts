import t from 'tap'
import { formatIp } from '../../../src/core/ip.ts'
import { wireName } from '../../../src/wire/dns/names.ts'
import { readRecords } from '../../../src/wire/dns/read-records.ts'
import {
  encodeAddress,
  encodeName,
  encodeOpt,
  encodeRaw,
  encodeRecord,
} from '../../fixtures/dns-message.ts'
import type { RawRecord } from '../../fixtures/dns-message.ts'

const owner = encodeName('a.example')
const raw = (record: Partial<RawRecord>): Buffer =>
  encodeRaw({ owner, type: 1, data: encodeAddress('192.0.2.1'), ...record })
const good = raw({})

t.test('addresses of the wanted type, in their order, with owner and TTL', async t => {
  const bytes = Buffer.concat([
    good,
    encodeRecord({ name: 'B.example', ttl: 5, type: 'A', value: '192.0.2.2' }),
    encodeRecord({ name: 'a.example', ttl: 7, type: 'AAAA', value: '2001:db8::1' }),
  ])
  const { addresses = [] } = readRecords(bytes, 0, [3, 0, 0], 'A') ?? {}
  t.same(
    addresses.map(each => ({ ...each, ip: formatIp(each.ip) })),
    [
      { owner: wireName('a.example'), ip: '192.0.2.1', ttl: 60 },
      { owner: wireName('b.example'), ip: '192.0.2.2', ttl: 5 },
    ],
  )
  t.match(readRecords(bytes, 0, [3, 0, 0], 'AAAA')?.addresses, [{ ttl: 7 }])
  t.same(readRecords(bytes, 0, [0, 3, 0], 'A')?.addresses, [], 'only of the answer section')
})

t.test('a TTL with its highest bit set is 0', async t => {
  for (const [ttl, expected] of [
    [0x7f_ff_ff_ff, 0x7f_ff_ff_ff],
    [0x80_00_00_00, 0],
    [0xff_ff_ff_ff, 0],
  ] as const) {
    t.equal(readRecords(raw({ ttl }), 0, [1, 0, 0], 'A')?.addresses[0]?.ttl, expected)
  }
})

t.test('aliases by owner, the first of several', async t => {
  const alias = (to: string): Buffer => raw({ type: 5, data: encodeName(to) })
  const read = readRecords(
    Buffer.concat([alias('b.example'), alias('c.example')]),
    0,
    [2, 0, 0],
    'A',
  )
  t.same(
    [...(read?.aliases ?? [])],
    [[wireName('a.example'), { target: wireName('b.example'), ttl: 60 }]],
  )
})

t.test('of a SOA the lesser of its TTL and its MINIMUM', async t => {
  for (const [ttl, minimum, expected] of [
    [300, 60, 60],
    [30, 3600, 30],
    [300, 0, 0],
  ] as const) {
    const bytes = encodeRecord({ name: 'example', ttl, type: 'SOA', value: String(minimum) })
    t.same(readRecords(bytes, 0, [0, 1, 0], 'A')?.authorities, [
      { owner: wireName('example'), ttl: expected },
    ])
    t.same(readRecords(bytes, 0, [1, 0, 0], 'A')?.authorities, [], 'only of the authority section')
  }
})

t.test('NS and OPT', async t => {
  const servers = encodeRecord({ name: 'example', ttl: 5, type: 'NS', value: 'ns.example' })
  const read = readRecords(Buffer.concat([servers, encodeOpt(1)]), 0, [0, 1, 1], 'A')
  t.match(read, { hasServers: true, opt: 1 })
  t.match(readRecords(good, 0, [1, 0, 0], 'A'), { hasServers: false, opt: null })
  t.match(readRecords(encodeOpt(1), 0, [1, 0, 0], 'A'), { opt: null }, 'only at its place')
})

t.test('types and classes that are not known are passed over', async t => {
  const bytes = Buffer.concat([
    raw({ type: 65, data: Buffer.from([1, 2, 3]) }),
    raw({ class: 3, data: Buffer.from([1]) }),
    raw({ type: 16, data: Buffer.alloc(0) }),
    good,
  ])
  t.equal(readRecords(bytes, 0, [4, 0, 0], 'A')?.addresses.length, 1)
})

t.test('what is malformed', async t => {
  const soa = encodeRecord({ name: 'example', ttl: 5, type: 'SOA', value: '60' })
  const bad: Record<string, Buffer> = {
    'an address of 3 octets': raw({ data: Buffer.from([1, 2, 3]) }),
    'an address of 5 octets': raw({ data: Buffer.from([1, 2, 3, 4, 5]) }),
    'an address of none': raw({ data: Buffer.alloc(0) }),
    'an IPv6 address of 4 octets': raw({ type: 28 }),
    'data beyond the message': raw({ length: 5 }),
    'an alias with less data than its name': raw({ type: 5, data: owner, length: 5 }),
    'an alias with more data than its name': raw({
      type: 5,
      data: Buffer.concat([owner, Buffer.from([0])]),
    }),
    'an alias that is no name': raw({ type: 5, data: Buffer.from([0x40, 0]) }),
    'a SOA without its numbers': raw({ type: 6, data: Buffer.concat([owner, owner]) }),
    'a SOA with one octet more': raw({
      type: 6,
      data: Buffer.concat([soa.subarray(-(12 + 15 + 20)), Buffer.from([0])]),
    }),
    'an owner that is no name': raw({ owner: Buffer.from([0xc0, 0xff]) }),
    'no room for its fixed part': Buffer.concat([owner, Buffer.alloc(9)]),
  }
  for (const [what, bytes] of Object.entries(bad)) {
    t.equal(readRecords(bytes, 0, [1, 0, 0], 'A'), undefined, what)
    t.equal(readRecords(Buffer.concat([good, bytes]), 0, [2, 0, 0], 'A'), undefined, `${what}, 2nd`)
  }
  for (const counts of [
    [2, 0, 0],
    [65_535, 65_535, 65_535],
    [1, 1, 0],
    [1, 0, 1],
  ]) {
    t.equal(readRecords(good, 0, counts, 'A'), undefined, `counts ${String(counts)}`)
  }
})
