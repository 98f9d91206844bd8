import fc from 'fast-check'
import t from 'tap'
import { hostsAnswer, hostsFromConfig, parseHosts } from '../../src/resolver/hosts.ts'

t.test('a file as people write it', async t => {
  const table = parseHosts(
    [
      '# comment',
      '192.0.2.1\tdb.example db # the database',
      '2001:DB8:0::1   DB.example.',
      '  192.0.2.2 db.example  ',
      '192.0.2.1 db.example',
      'fe80::1%lo0 zoned.example',
      '::ffff:192.0.2.9 mapped.example\r',
    ].join('\n'),
  )
  t.same(table.get('db.example'), { A: ['192.0.2.1', '192.0.2.2'], AAAA: ['2001:db8::1'] })
  t.same(table.get('db'), { A: ['192.0.2.1'], AAAA: [] })
  t.same(table.get('zoned.example'), { A: [], AAAA: ['fe80::1%lo0'] })
  t.same(table.get('mapped.example'), { A: ['192.0.2.9'], AAAA: [] })
  t.equal(table.size, 4)
})

t.test('lines that make no sense are left out, and the others stay', async t => {
  const table = parseHosts(
    [
      '',
      '192.0.2.1',
      'db.example 192.0.2.1',
      '127.1 short.example',
      '300.0.0.1 big.example',
      '[::1] bracket.example',
      '192.0.2.1 a\0b bad..name 127.0.0.1 münchen good.example',
      '192.0.2.1#comment.example',
      '\0\0\0\0',
      '192.0.2.5 __proto__ constructor',
    ].join('\n'),
  )
  t.same([...table.keys()].toSorted(), ['__proto__', 'constructor', 'good.example'])
  t.equal(hostsAnswer(table, 'tostring', 'A'), undefined)
})

t.test('the addresses of one name are bounded', async t => {
  const lines = Array.from({ length: 500 }, (_, i) => `192.0.${i >> 8}.${i & 255} many.example`)
  t.equal(parseHosts(lines.join('\n')).get('many.example')?.A.length, 64)
})

t.test('no text throws', async t => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), text => {
      parseHosts(`192.0.2.1 ${text}`)
      parseHosts(text)
    }),
    { numRuns: 1000 },
  )
  t.pass()
})

t.test('a name in one family has none in the other', async t => {
  const table = parseHosts('192.0.2.1 v4.example\n2001:db8::6 v6.example')
  t.same(hostsAnswer(table, 'v4.example', 'A'), {
    ok: true,
    addresses: ['192.0.2.1'],
    ttl: null,
    source: 'hosts',
  })
  t.same(hostsAnswer(table, 'v4.example', 'AAAA'), { ok: false, code: 'ENODATA', source: 'hosts' })
  t.match(hostsAnswer(table, 'v6.example', 'AAAA'), { ok: true, addresses: ['2001:db8::6'] })
  t.equal(hostsAnswer(table, 'other.example', 'A'), undefined)
})

t.test('names of a configuration', async t => {
  const table = hostsFromConfig({
    'DB.example.': ['192.0.2.1', '2001:db8::1', '192.0.2.1', '::ffff:192.0.2.3'],
    'blocked.example': [],
  })
  t.same(table.get('db.example'), { A: ['192.0.2.1', '192.0.2.3'], AAAA: ['2001:db8::1'] })
  t.match(hostsAnswer(table, 'blocked.example', 'A'), { ok: false, code: 'ENODATA' })
})

t.test('a configuration that makes no sense is an error that says what', async t => {
  t.throws(() => hostsFromConfig({ 'a b': [] }), {
    code: 'ERR_INVALID_NAME',
    message: /hosts: "a b" is not a host/,
  })
  t.throws(() => hostsFromConfig({ '192.0.2.1': ['192.0.2.2'] }), {
    code: 'ERR_INVALID_NAME',
    message: 'hosts: "192.0.2.1" is an address, not a name',
  })
  t.throws(() => hostsFromConfig({ db: ['db.example'] }), {
    code: 'ERR_INVALID_ADDRESS',
    message: 'hosts: "db.example" of db is not an IPv4 or IPv6 address',
  })
})
