import t from 'tap'
import { parseHost, parseName } from '../../src/config/names.ts'

t.test('parseName returns names in lower case without a final dot', async t => {
  const label = 'x'.repeat(63)
  const cases = [
    ['example.com', 'example.com'],
    ['DB.Example.COM.', 'db.example.com'],
    ['_srv.my_host', '_srv.my_host'],
    ['localhost', 'localhost'],
    ['1.2.3.4.in-addr.arpa', '1.2.3.4.in-addr.arpa'],
    [`${label}.com`, `${label}.com`],
  ] as const
  for (const [text, name] of cases) t.equal(parseName(text), name)
})

t.test('parseName rejects other texts and forms that inet_aton reads as addresses', async t => {
  const wrong = [
    '',
    '.',
    'a..b',
    '-a',
    'a-',
    'a b',
    'a/b',
    'a%b',
    'a@b',
    'a\0b',
    `${'x'.repeat(64)}.com`,
  ]
  const numbers = ['127.1', '2130706433', '0x7f.1', '0x7f000001', '1.2.3.4', 'a.5']
  const long = Array.from({ length: 127 }, () => 'a').join('.')
  t.equal(parseName(long), long, '253 characters')
  for (const text of [...wrong, ...numbers, `${long}.a`]) {
    t.throws(() => parseName(text), { code: 'ERR_INVALID_NAME', message: /is not a name/ }, text)
  }
  for (const text of ['b\u00FCcher..example', '\u2024', 'xn--\u00FC.example']) {
    t.throws(() => parseName(text), { message: /is not a name.*xn--/ }, text)
  }
})

t.test('parseName rejects a numeric last label', async t => {
  for (const [text, label] of [
    ['127.1', '1'],
    ['1.2.3', '3'],
    ['18080', '18080'],
    ['db.5.', '5'],
    ['0x7F.0x1', '0x1'],
    ['\uFF11\uFF12\uFF17.1', '1'],
  ] as const) {
    const message = `"${text}" is not a name: its last label, "${label}", is a number, so that it would be read as an IPv4 address; expected a last label that is no number, or all four numbers of an address`
    t.throws(() => parseName(text), { code: 'ERR_INVALID_NAME', message }, text)
  }
  t.throws(() => parseName('a..5'), { message: /labels of 1 to 63/ }, 'a label is empty')
})

t.test('parseName converts an international name to its xn-- form', async t => {
  t.equal(parseName('Bücher.Example.'), 'xn--bcher-kva.example')
  t.equal(parseName('例え.テスト'), 'xn--r8jz45g.xn--zckzah')
  t.equal(parseName('bücher。example'), 'xn--bcher-kva.example', 'an ideographic full stop')
  t.equal(parseName('straße.example'), 'xn--strae-oqa.example', 'as UTS #46 has it, not strasse')
  t.equal(parseHost('Bücher.example.'), 'xn--bcher-kva.example.')
})

t.test('parseHost accepts names and addresses', async t => {
  for (const host of ['192.0.2.1', '2001:db8::1', 'fe80::1%eth0', 'example.com']) {
    t.equal(parseHost(host), host)
  }
  t.equal(parseHost('DB.Example.'), 'DB.Example.', 'as it was written')
  t.throws(() => parseHost('127.1'), { code: 'ERR_INVALID_NAME' })
})
