import fc from 'fast-check'
import t from 'tap'
import { formatIp } from '../../../src/core/ip.ts'
import { wireName } from '../../../src/wire/dns/names.ts'
import { ADDRESSES_MAX, ALIASES_MAX, parseResponse } from '../../../src/wire/dns/parse-response.ts'
import type { DnsQuestion, DnsResponse } from '../../../src/wire/dns/message.ts'
import { addressesByOther, soundMessage, tryMessage } from '../../fixtures/any-dns-message.ts'
import { createRandom } from '../../fixtures/random.ts'
import {
  encodeMessage,
  encodeOpt,
  encodeRecord,
  encodeSection,
} from '../../fixtures/dns-message.ts'
import type { DnsRecord } from '../../fixtures/dns-message.ts'

const QUESTION: DnsQuestion = { id: 0x1234, name: wireName('a.example'), record: 'A' }
const section = encodeSection('a.example', 'A')

const A = (name: string, value: string, ttl = 60): DnsRecord => ({ name, ttl, type: 'A', value })
const alias = (name: string, value: string, ttl = 60): DnsRecord => ({
  name,
  ttl,
  type: 'CNAME',
  value,
})
const soa = (name: string, ttl: number, minimum: number): DnsRecord => ({
  name,
  ttl,
  type: 'SOA',
  value: String(minimum),
})

const message = (
  answers: readonly DnsRecord[],
  {
    authorities = [],
    ...rest
  }: Partial<Omit<Parameters<typeof encodeMessage>[0], 'authorities'>> & {
    authorities?: readonly DnsRecord[]
  } = {},
): Buffer =>
  encodeMessage({
    id: QUESTION.id,
    question: section,
    answers: answers.map(encodeRecord),
    authorities: authorities.map(encodeRecord),
    ...rest,
  })

/** A response with its addresses as text. */
const read = (bytes: Uint8Array, question = QUESTION): unknown => {
  const response = parseResponse(bytes, question)
  return response.type === 'addresses'
    ? { ...response, addresses: response.addresses.map(formatIp) }
    : response
}

const GOOD = message([A('a.example', '192.0.2.1', 300), A('A.Example', '192.0.2.2', 60)])
const ADDRESSES = { type: 'addresses', addresses: ['192.0.2.1', '192.0.2.2'], ttl: 60 }

t.test('addresses, in their order, with the least TTL', async t => {
  t.same(read(GOOD), ADDRESSES)
  const six = encodeMessage({
    id: 7,
    question: encodeSection('A.EXAMPLE', 'AAAA'),
    answers: [
      encodeRecord({ name: 'a.example', ttl: 5, type: 'AAAA', value: '2001:db8::1' }),
      encodeRecord({ name: 'a.example', ttl: 5, type: 'AAAA', value: '2001:db8::1' }),
      encodeRecord({ name: 'a.example', ttl: 5, type: 'AAAA', value: '::ffff:192.0.2.1' }),
    ],
  })
  t.same(read(six, { ...QUESTION, id: 7, record: 'AAAA' }), {
    type: 'addresses',
    addresses: ['2001:db8::1', '::ffff:192.0.2.1'],
    ttl: 5,
  })
})

t.test('cut at each byte it is no answer yet, and bytes behind it change nothing', async t => {
  const whole = message([alias('a.example', 'b.example'), A('b.example', '192.0.2.1')], {
    authorities: [soa('example', 60, 60)],
    additionals: [encodeOpt()],
  })
  const kinds = new Map<string, number>()
  for (let length = 0; length < whole.length; length++) {
    const { type } = parseResponse(whole.subarray(0, length), QUESTION)
    kinds.set(type, (kinds.get(type) ?? 0) + 1)
  }
  const head = 12 + section.length
  t.same(
    [...kinds],
    [
      ['other', head],
      ['malformed', whole.length - head],
    ],
  )
  const expected = { type: 'addresses', addresses: ['192.0.2.1'], ttl: 60 }
  t.same(read(whole), expected)
  t.same(read(Buffer.concat([whole, Buffer.alloc(20, 0xff)])), expected)
  const within = Buffer.concat([Buffer.alloc(9, 0xff), whole, Buffer.alloc(9, 0xff)])
  t.same(read(within.subarray(9, 9 + whole.length)), expected, 'within a larger array')
})

t.test('what is no answer to the question is another message', async t => {
  const others: Record<string, Buffer> = {
    'another id': message([A('a.example', '192.0.2.1')], { id: 0x1235 }),
    'a query': message([], { flags: 0x0100 }),
    'another operation': message([A('a.example', '192.0.2.1')], { flags: 0x8980 }),
    'another name': message([A('a.example', '192.0.2.1')], {
      question: encodeSection('b.example', 'A'),
    }),
    'another type': message([A('a.example', '192.0.2.1')], {
      question: encodeSection('a.example', 'AAAA'),
    }),
    'no question': encodeMessage({
      id: QUESTION.id,
      answers: [encodeRecord(A('a.example', '192.0.2.1'))],
    }),
    'two questions': message([A('a.example', '192.0.2.1')], { counts: [2] }),
    nothing: Buffer.alloc(0),
  }
  const chaos = Buffer.from(GOOD)
  chaos.writeUInt16BE(3, 12 + section.length - 2)
  others['another class'] = chaos
  for (const [what, bytes] of Object.entries(others)) t.same(read(bytes), { type: 'other' }, what)
})

t.test('aliases are followed inside the answer, in whatever order its records are', async t => {
  const answers = [
    A('c.example', '192.0.2.1', 300),
    alias('b.example', 'c.example', 20),
    alias('a.example', 'b.example', 100),
    A('other.example', '192.0.2.9'),
    A('a.example.org', '192.0.2.9'),
  ]
  t.same(read(message(answers)), { type: 'addresses', addresses: ['192.0.2.1'], ttl: 20 })
  t.same(
    read(
      message([
        A('a.example', '192.0.2.1', 5),
        alias('a.example', 'b.example'),
        A('b.example', '192.0.2.2'),
      ]),
    ),
    { type: 'addresses', addresses: ['192.0.2.1'], ttl: 5 },
    'a name that has addresses is no alias',
  )
})

t.test('a chain has at most 16 links, and none in a circle', async t => {
  const chain = (links: number): DnsRecord[] =>
    Array.from({ length: links }, (_, i) =>
      alias(i === 0 ? 'a.example' : `n${i}.example`, `n${i + 1}.example`),
    )
  const long = chain(ALIASES_MAX)
  t.match(read(message([...long, A(`n${ALIASES_MAX}.example`, '192.0.2.1')])), {
    type: 'addresses',
  })
  const longer = chain(ALIASES_MAX + 1)
  t.same(read(message([...longer, A(`n${ALIASES_MAX + 1}.example`, '192.0.2.1')])), {
    type: 'loop',
  })
  t.same(read(message([alias('a.example', 'a.example')])), { type: 'loop' })
  t.same(read(message([alias('a.example', 'b.example'), alias('b.example', 'a.example')])), {
    type: 'loop',
  })
})

t.test('an alias whose end is not in the answer', async t => {
  t.same(read(message([alias('a.example', 'b.example', 30), alias('b.example', 'c.example', 9)])), {
    type: 'alias',
    name: wireName('c.example'),
    ttl: 9,
    links: 2,
  })
})

t.test('no such name, no such record, and how long that may be kept', async t => {
  const none = (exists: boolean, ttl: number | null): DnsResponse => ({ type: 'none', exists, ttl })
  const cases: [string, Buffer, DnsResponse][] = [
    ['NODATA', message([], { authorities: [soa('example', 300, 30)] }), none(true, 30)],
    ['its TTL is less', message([], { authorities: [soa('example', 3, 30)] }), none(true, 3)],
    [
      'NXDOMAIN',
      message([], { flags: 0x8183, authorities: [soa('example', 60, 0)] }),
      none(false, 0),
    ],
    ['of the root', message([], { flags: 0x8183, authorities: [soa('', 60, 9)] }), none(false, 9)],
    ['without a SOA', message([]), none(true, null)],
    ['NXDOMAIN without', message([], { flags: 0x8183 }), none(false, null)],
    [
      'a SOA of another zone',
      message([], { authorities: [soa('b.example', 60, 30)] }),
      none(true, null),
    ],
    [
      'an alias that leads nowhere',
      message([alias('a.example', 'b.test', 20)], {
        flags: 0x8183,
        authorities: [soa('test', 60, 30)],
      }),
      none(false, 20),
    ],
    [
      'an alias to a name without the record',
      message([alias('a.example', 'b.test', 200)], { authorities: [soa('test', 60, 30)] }),
      none(true, 30),
    ],
    [
      'of another type',
      message([{ ...A('a.example', '2001:db8::1'), type: 'AAAA' }]),
      none(true, null),
    ],
  ]
  for (const [what, bytes, expected] of cases) t.same(read(bytes), expected, what)
})

t.test('a server that does not recurse', async t => {
  const servers: DnsRecord = { name: 'example', ttl: 60, type: 'NS', value: 'ns.example' }
  t.same(read(message([], { flags: 0x8100, authorities: [servers] })), { type: 'referral' })
  t.same(read(message([], { authorities: [servers] })), { type: 'none', exists: true, ttl: null })
  t.same(read(message([], { flags: 0x8100 })), { type: 'none', exists: true, ttl: null })
})

t.test('failures, their extended codes, and whether the server knows EDNS', async t => {
  const failure = (rcode: number, edns: boolean): DnsResponse => ({ type: 'failure', rcode, edns })
  t.same(read(message([], { flags: 0x8182 })), failure(2, false))
  t.same(read(message([], { flags: 0x8185, additionals: [encodeOpt()] })), failure(5, true))
  t.same(read(message([], { additionals: [encodeOpt(1)] })), failure(16, true), 'BADVERS')
  const bare = (flags: number): unknown => read(encodeMessage({ id: QUESTION.id, flags }))
  t.same(bare(0x8181), failure(1, false), 'FORMERR without the question')
  t.same(bare(0x8184), failure(4, false), 'NOTIMP without the question')
  t.same(bare(0x8105), failure(5, false), 'REFUSED without the question, as unbound has it')
  t.same(bare(0x8182), { type: 'other' })
  t.same(bare(0x8180), { type: 'other' })
})

t.test('of a truncated answer nothing is read', async t => {
  t.same(read(message([A('a.example', '192.0.2.1')], { flags: 0x8380 })), { type: 'truncated' })
  t.same(read(message([], { flags: 0x8380, counts: [1, 65_535] })), { type: 'truncated' })
})

t.test('64 addresses are taken', async t => {
  const many = Array.from({ length: 200 }, (_, i) => A('a.example', `192.0.2.${i}`))
  const response = parseResponse(message(many), QUESTION)
  t.match(response, { type: 'addresses', addresses: { length: ADDRESSES_MAX } })
})

/** Counts how often an octet of a message is read. */
const countReads = (bytes: Uint8Array): { bytes: Uint8Array; reads: () => number } => {
  let reads = 0
  const counted = new Proxy(bytes, {
    get: (target, key) => {
      if (typeof key === 'string' && /^\d+$/.test(key)) reads++
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
  return { bytes: counted, reads: () => reads }
}

t.test('the octets of a message of 64 KiB are read a few times, whatever is in it', async t => {
  const TXT = [0, 16, 0, 1, 0, 0, 0, 0]
  const start = 12 + section.length
  // A name of 126 labels, each reached by a pointer from the one before, as the data of the first record.
  const chain = [1, 0x61, 0]
  let last = start + 11
  for (let n = 1; n < 126; n++) {
    const at = start + 11 + chain.length
    chain.push(1, 0x61, 0xc0 | (last >> 8), last & 0xff)
    last = at
  }
  const first = [0, ...TXT, chain.length >> 8, chain.length & 0xff, ...chain]
  // Records whose owner is that name.
  const record = [0xc0 | (last >> 8), last & 0xff, ...TXT, 0, 0]
  const count = Math.floor((65_535 - start - first.length) / record.length)
  const worst = Buffer.concat([
    message([], { counts: [undefined, count + 1] }),
    Buffer.from(first),
    ...Array<Buffer>(count).fill(Buffer.from(record)),
  ])
  const addresses = Array.from({ length: 2000 }, (_, i) => A(`n${i}.example`, '192.0.2.1'))
  for (const sent of [worst, message(addresses)]) {
    const { bytes, reads } = countReads(sent)
    t.match(read(bytes), { type: 'none' })
    t.ok(reads() > sent.length / 2 && reads() < 64 * sent.length, `${reads()} of ${sent.length}`)
  }
})

t.test('sound messages: another codec reads the same addresses', async t => {
  let compared = 0
  fc.assert(
    fc.property(fc.integer(), seed => {
      const { question, message: sound } = soundMessage(createRandom(seed, 0))
      const fault = tryMessage(question, sound, true)
      if (fault !== undefined) throw new Error(`${fault}: ${sound.toString('hex')}`)
      const { type } = parseResponse(sound, question)
      if (type === 'addresses' && addressesByOther(sound)) compared++
      return type !== 'malformed' && type !== 'other'
    }),
    { numRuns: 3000 },
  )
  t.ok(compared > 100, `${compared} answers were compared`)
})
