import t from 'tap'
import { parseServer, resolverSchema } from '../../../src/config/schema/resolver.ts'

t.test('reads DNS servers', async t => {
  const cases = [
    ['192.0.2.53', '192.0.2.53', 53],
    ['192.0.2.53:5353', '192.0.2.53', 5353],
    ['2001:DB8::53', '2001:db8::53', 53],
    ['2001:db8::53:5353', '2001:db8::53:5353', 53],
    ['[2001:db8::53]:5353', '2001:db8::53', 5353],
    ['fe80::1%eth0', 'fe80::1%eth0', 53],
  ] as const
  for (const [text, host, port] of cases) t.strictSame(parseServer(text), { host, port }, text)
  for (const text of [
    '',
    'dns.example',
    'dns.example:53',
    '[2001:db8::53]',
    '192.0.2.53:',
    '1.1',
  ]) {
    t.throws(() => parseServer(text), { code: 'ERR_INVALID_ADDRESS', message: /DNS server/ }, text)
  }
  t.throws(() => parseServer('192.0.2.1:0'), { message: /port 0/ })
})

t.test('the system may be named', async t => {
  t.ok(resolverSchema.safeParse({ servers: 'system', search: 'system' }).success)
  t.ok(resolverSchema.safeParse({ search: [] }).success, 'no search domains')
  t.notOk(resolverSchema.safeParse({ servers: [] }).success, 'no servers')
  t.ok(resolverSchema.safeParse({ hosts: { a: '192.0.2.1', b: ['192.0.2.1'] } }).success)
})
