import t from 'tap'
import { checkServers, readSystemServers } from '../../src/resolver/dns-servers.ts'

t.test('servers given by hand', async t => {
  t.same(checkServers(['192.0.2.53', '192.0.2.53:5353', '[2001:db8::53]:5353', '2001:db8::53']), [
    '192.0.2.53',
    '192.0.2.53:5353',
    '[2001:db8::53]:5353',
    '2001:db8::53',
  ])
  for (const server of ['dns.example', '', '192.0.2.300', '192.0.2.1:x']) {
    t.throws(() => checkServers(['192.0.2.53', server]), {
      code: 'ERR_INVALID_ADDRESS',
      message: `"${server}" is not a DNS server: an IP address, with a port as 192.0.2.53:5353 or [2001:db8::53]:5353, is`,
    })
  }
})

t.test('the system has servers', async t => {
  t.ok(readSystemServers().length > 0)
})
