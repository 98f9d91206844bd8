import fc from 'fast-check'
import t from 'tap'
import { formatIp } from '../../src/core/ip.ts'
import { canonicalAddress, classifyHost } from '../../src/resolver/literal.ts'

t.test('addresses', async t => {
  for (const [text, expected] of [
    ['192.0.2.1', '192.0.2.1'],
    ['2001:DB8::0:1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['[fe80::1%eth0]', 'fe80::1%eth0'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['[::ffff:c000:201]', '192.0.2.1'],
    ['::', '::'],
  ] as const) {
    const host = classifyHost(text)
    t.equal(host.kind === 'literal' ? formatIp(host.ip) : host.kind, expected, text)
  }
})

t.test('names are lower-cased and lose their final dot', async t => {
  t.same(classifyHost('WWW.Example.COM'), {
    kind: 'name',
    name: 'www.example.com',
    absolute: false,
  })
  t.same(classifyHost('db.'), { kind: 'name', name: 'db', absolute: true })
  for (const name of [
    '_srv._tcp.example',
    'a-b',
    '-a',
    'xn--nxasmq6b',
    '1a',
    '1.2.3.4a',
    '0x7f.a',
    '0xg',
    'x0x7f',
  ]) {
    t.equal(classifyHost(name).kind, 'name', name)
  }
})

t.test('the limits of RFC 1035 hold exactly', async t => {
  const label = 'a'.repeat(63)
  t.equal(classifyHost(label).kind, 'name')
  t.equal(classifyHost(`${label}a`).kind, 'invalid')
  const name253 = `${label}.${label}.${label}.${'a'.repeat(61)}`
  t.equal(name253.length, 253)
  t.equal(classifyHost(name253).kind, 'name')
  t.equal(classifyHost(`${name253}.`).kind, 'name')
  t.match(classifyHost(`${name253}a`), { kind: 'invalid', message: /254 characters, at most 253/ })
})

t.test('what inet_aton would take for an address is no name', async t => {
  for (const text of [
    '127.1',
    '127.0.1',
    '2130706433',
    '0x7f.1',
    '0x7f000001',
    '0X7F.0.0.1',
    '017700000001',
    '0177.0.0.01',
    '127.0.0.01',
    '256.0.0.1',
    '1.2.3.4.5',
    '127.0.0.1.',
    'a.1',
    'a.0x',
    'example.0x1f',
    '0',
  ]) {
    t.match(classifyHost(text), { kind: 'invalid', message: /last label is a number/ }, text)
  }
})

t.test('what has no place in a name is refused, with a message that says so', async t => {
  for (const text of [
    'a\0b',
    'a\nb',
    'a\tb',
    'a b',
    ' a',
    'a\u007f',
    'münchen.example',
    'a\u3002b',
    '１２７.0.0.1',
    'a%b',
    'a/b',
    'a@b',
    'a:b',
    'a:80',
    'a\\b',
    'a\\000',
    'a*b',
    'a"b',
    'a,b',
    '[a]',
    '[192.0.2.1]',
    '[::1',
    '::1]',
    '[]',
    ':::',
    '1::2::3',
    '::1%',
    '::1%a b',
    '2001:db8::1/64',
  ]) {
    t.match(classifyHost(text), { kind: 'invalid', message: /is not a host/ }, JSON.stringify(text))
  }
  for (const text of ['', '.', '..', 'a..b', '.a', 'a..']) {
    t.match(classifyHost(text), { kind: 'invalid', message: /empty/ }, JSON.stringify(text))
  }
})

t.test('a message quotes a host without control characters, and not all of a long one', async t => {
  const host = classifyHost(`\u001b[2J${'x y'.repeat(5000)}`)
  t.equal(host.kind, 'invalid')
  if (host.kind !== 'invalid') return
  t.ok(host.message.length < 400)
  t.notMatch(host.message, /[^ -~]/)
})

t.test('no text at all throws, and a name that passes is clean', async t => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.domain(),
    fc.ipV4(),
    fc.ipV6(),
  )
  fc.assert(
    fc.property(text, input => {
      const host = classifyHost(input)
      if (host.kind === 'name') {
        return /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/.test(host.name) && host.name.length <= 253
      }
      return host.kind === 'literal' || host.message.length > 0
    }),
    { numRuns: 2000 },
  )
  t.pass()
})

t.test('canonicalAddress', async t => {
  t.equal(canonicalAddress('2001:DB8:0::1'), '2001:db8::1')
  t.equal(canonicalAddress('192.0.2.1'), '192.0.2.1')
  t.equal(canonicalAddress('www'), undefined)
})
