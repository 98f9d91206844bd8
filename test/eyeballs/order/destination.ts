import t from 'tap'
import { readDestinations } from '../../../src/eyeballs/order/destination.ts'

void t.test('RFC 6724 section 6: what the rules compare is worked out once', async t => {
  const [first, second] = readDestinations(
    [
      { address: '2001:db8:1::1', source: '2001:db8:1::2', sourceDeprecated: true },
      { address: '192.0.2.1', source: null },
    ],
    'rfc6724',
  )
  t.match(first, {
    candidate: { address: '2001:db8:1::1' },
    family: 6,
    scope: 0xe,
    precedence: 40,
    usable: true,
    scopeMatches: true,
    sourceDeprecated: true,
    labelMatches: true,
    commonPrefixLength: 64,
  })
  t.match(second, {
    family: 4,
    precedence: 35,
    usable: false,
    scopeMatches: false,
    sourceDeprecated: false,
    labelMatches: false,
    commonPrefixLength: 0,
  })
})

void t.test(
  'RFC 6724 section 2.2: bits in common count up to the prefix length of the source',
  async t => {
    const common = (sourcePrefixLength?: number) =>
      readDestinations(
        [
          {
            address: '2001:db8::1',
            source: '2001:db8::2',
            ...(sourcePrefixLength !== undefined && { sourcePrefixLength }),
          },
        ],
        'rfc6724',
      )[0]?.commonPrefixLength
    t.equal(common(48), 48)
    t.equal(common(128), 126, 'a /128 lets all bits count')
    t.equal(common(), 64, 'unknown: not the interface identifier')
  },
)

void t.test('IPv4-mapped addresses are IPv4, destination and source alike', async t => {
  const [mapped] = readDestinations(
    [{ address: '::ffff:192.0.2.1', source: '::ffff:192.0.2.9' }],
    'rfc6724',
  )
  t.match(mapped, { family: 4, precedence: 35, labelMatches: true, scopeMatches: true })
})

void t.test(
  'one candidate that was not asked for its source leaves sources out for all',
  async t => {
    const facts = readDestinations(
      [{ address: '2001:db8::1', source: null }, { address: '192.0.2.1' }],
      'rfc6724',
    )
    for (const fact of facts) {
      t.match(fact, {
        usable: true,
        scopeMatches: false,
        labelMatches: false,
        commonPrefixLength: 0,
      })
    }
  },
)

void t.test('an address or a source that is none is refused, and named', async t => {
  t.throws(() => readDestinations([{ address: 'example.com' }], 'rfc6724'), {
    code: 'ERR_INVALID_ADDRESS',
    message: 'the address "example.com" cannot be sorted: an IP address is wanted',
  })
  t.throws(() => readDestinations([{ address: '192.0.2.1', source: '' }], 'rfc6724'), {
    code: 'ERR_INVALID_ADDRESS',
    message: 'the source address "" cannot be sorted: an IP address is wanted',
  })
})
