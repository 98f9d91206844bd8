import t from 'tap'
import {
  NO_HOSTS,
  createHostsTable,
  hostsAnswer,
  hostsFromConfig,
  localhostAnswer,
} from '../../../src/resolver/hosts/table.ts'
import { ADDRESSES_MAX } from '../../../src/wire/dns/parse-response.ts'

t.test('names of any kind are held, with their addresses in order', async t => {
  const table = createHostsTable()
  const names = Array.from({ length: 5000 }, (_, i) => `n${i}${'.x'.repeat(i % 40)}`)
  for (const name of names) table.add(name, '192.0.2.1', 'A')
  for (const name of names) table.add(name, '2001:db8::1', 'AAAA')
  table.add('n1.x', '192.0.2.2', 'A')
  table.add('n1.x', '192.0.2.1', 'A')
  table.addName('empty')
  table.addName('n1.x')
  t.equal(table.size(), names.length + 1)
  t.same(table.get('n1.x'), { A: ['192.0.2.1', '192.0.2.2'], AAAA: ['2001:db8::1'] })
  t.ok(names.every(name => table.get(name)?.AAAA.length === 1))
  t.same(table.get('empty'), { A: [], AAAA: [] })
  for (const name of ['', 'x', 'n5000']) t.equal(table.get(name), undefined)
  t.equal(NO_HOSTS.size(), 0)
})

t.test('names of the same addresses share them', async t => {
  const table = createHostsTable()
  for (const name of ['a', 'b']) {
    table.add(name, '0.0.0.0', 'A')
    table.add(name, '::', 'AAAA')
  }
  t.equal(table.get('a'), table.get('b'))
  table.add('b', '192.0.2.1', 'A')
  t.same(table.get('a'), { A: ['0.0.0.0'], AAAA: ['::'] })
})

t.test('where every name has other addresses, nothing is shared, and all is held', async t => {
  const table = createHostsTable()
  for (let i = 0; i < 5000; i++) table.add(`n${i}`, `192.0.${i >> 8}.${i & 255}`, 'A')
  for (let i = 0; i < 5000; i++) {
    if (table.get(`n${i}`)?.A[0] !== `192.0.${i >> 8}.${i & 255}`) t.fail(`n${i}`)
  }
  for (let i = 0; i < 200; i++) table.add('many', `192.0.2.${i}`, 'A')
  t.equal(table.get('many')?.A.length, ADDRESSES_MAX)
})

t.test('a name in one family has none in the other', async t => {
  const table = createHostsTable()
  table.add('v4.example', '192.0.2.1', 'A')
  table.add('v6.example', '2001:db8::6', 'AAAA')
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

t.test('RFC 6761 section 6.3: localhost and names below it are the loopback addresses', async t => {
  for (const name of ['localhost', 'app.localhost', 'a.b.localhost']) {
    t.match(localhostAnswer(name, 'A'), { ok: true, addresses: ['127.0.0.1'], source: 'hosts' })
    t.match(localhostAnswer(name, 'AAAA'), { ok: true, addresses: ['::1'], source: 'hosts' })
  }
})

t.test('other names are not', async t => {
  for (const name of ['localhost.example.com', 'notlocalhost', 'localhos', 'local']) {
    t.equal(localhostAnswer(name, 'A'), undefined, name)
  }
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
