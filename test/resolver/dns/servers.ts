import t from 'tap'
import { readServer, readServers, serverOf } from '../../../src/resolver/dns/servers.ts'

t.test('servers by hand, in one text for each', async t => {
  const given = [
    '192.0.2.53',
    '192.0.2.53:53',
    '192.0.2.53:5353',
    '2001:DB8:0::53',
    '[2001:db8::53]:53',
    '[2001:db8::53]:5353',
    'fe80::53%eth0',
    '[fe80::53%eth0]:5353',
  ]
  t.same(
    readServers(given).map(({ text, endpoint: { address, family, port } }) => [
      text,
      address,
      family,
      port,
    ]),
    [
      ['192.0.2.53', '192.0.2.53', 4, 53],
      ['192.0.2.53', '192.0.2.53', 4, 53],
      ['192.0.2.53:5353', '192.0.2.53', 4, 5353],
      ['2001:db8::53', '2001:db8::53', 6, 53],
      ['2001:db8::53', '2001:db8::53', 6, 53],
      ['[2001:db8::53]:5353', '2001:db8::53', 6, 5353],
      ['fe80::53%eth0', 'fe80::53%eth0', 6, 53],
      ['[fe80::53%eth0]:5353', 'fe80::53%eth0', 6, 5353],
    ],
  )
})

t.test('what is no server', async t => {
  for (const text of [
    'dns.example.com',
    '192.0.2.53:0',
    '192.0.2.53:65536',
    '',
    '[192.0.2.53]:53',
    '2001:db8::53:x',
  ]) {
    t.throws(
      () => readServers(['192.0.2.1', text]),
      { code: 'ERR_INVALID_ADDRESS', found: text },
      text,
    )
  }
})

t.test('an address alone', async t => {
  t.match(serverOf('192.0.2.53'), { text: '192.0.2.53', endpoint: { port: 53 } })
  t.equal(serverOf('192.0.2.53:5353'), undefined)
  t.equal(serverOf('dns.example'), undefined)
  t.match(readServer('192.0.2.53:5353'), { endpoint: { port: 5353 } })
  t.equal(readServer('dns.example'), undefined)
})
