import t from 'tap'
import { hostsFromConfig } from '../../../src/resolver/hosts/from-config.ts'
import { hostsAnswer } from '../../../src/resolver/hosts/table.ts'

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
