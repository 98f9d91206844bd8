import t from 'tap'
import { parseConfig } from '../../../src/config/parse.ts'
import { formatCidr } from '../../../src/core/cidr.ts'
import { LISTENER, parseMode } from '../../../src/config/table/listeners.ts'
import { isValid } from '../../fixtures/read-field.ts'

t.test('the digits of mode are octal as text and as number', async t => {
  for (const mode of [600, '600', '0600', '0o600', '00600']) t.equal(parseMode(mode), 0o600)
  const sound = (mode: unknown): boolean =>
    isValid(LISTENER, { protocol: 'socks', listen: 'unix:/a', mode })
  for (const mode of [0, 777, '0777', '0o777', 7]) t.ok(sound(mode), String(mode))
  for (const mode of [1000, 384, '0888', -1, 6.5, '', 'rw-------'])
    t.notOk(sound(mode), String(mode))
})

t.test('group is a name or a number', async t => {
  const sound = (group: unknown): boolean =>
    isValid(LISTENER, { protocol: 'socks', listen: 'unix:/a', group })
  for (const group of ['staff', 'www-data', 1000, '1000']) t.ok(sound(group))
  for (const group of ['', 'a b', 'a:b', true]) t.notOk(sound(group), String(group))
})

t.test('a hash that YAML has broken at its commas is named, and not shown', async t => {
  const text = (users: string): string =>
    `listeners: { protocol: socks, listen: 127.0.0.1:1080, auth: { users: ${users} } }`
  const hash =
    '$scrypt$ln=14,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g'
  t.throws(() => parseConfig(text(`{ alice: ${hash} }`), 'f'), {
    message:
      'f:1:70: listeners.auth.users: found a $scrypt$ hash that is broken at its commas; allowed: the hash in quotes',
  })
})

t.test('an IPv4-mapped prefix of clients or balancers is the IPv4 prefix', async t => {
  const text = `
listeners:
  - protocol: socks
    listen: 192.0.2.1:1080
    clients: ['::ffff:10.0.0.0/104', '::ffff:192.0.2.7', '::/0']
    proxyProtocol: { from: '::ffff:192.0.2.9' }
access: [{ action: deny, clients: ['::ffff:10.0.0.0/104'] }]`
  const { listeners, access } = parseConfig(text, 'f')
  const texts = listeners.flatMap(({ clients, proxyProtocol }) => [
    clients?.map(formatCidr),
    proxyProtocol?.from.map(formatCidr),
  ])
  t.same(texts, [['10.0.0.0/8', '192.0.2.7/32', '::/0'], ['192.0.2.9/32']])
  t.same(access[0]?.clients?.map(formatCidr), ['10.0.0.0/8'])
})
