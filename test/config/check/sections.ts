import t from 'tap'
import { checkAdmin, checkEyeballs, checkResolver } from '../../../src/config/check/sections.ts'

t.test('the attempt delay lies within its bounds', async t => {
  const paths = (value: unknown) => checkEyeballs(value).map(({ path }) => path.at(-1))
  t.strictSame(paths(undefined), [])
  t.strictSame(paths({ connectionAttemptDelay: '100ms' }), [])
  t.strictSame(paths({ connectionAttemptDelay: '2s' }), [])
  t.strictSame(paths({ connectionAttemptDelay: '99ms' }), ['connectionAttemptDelay'])
  t.strictSame(paths({ connectionAttemptDelay: '2001ms' }), ['connectionAttemptDelay'])
  t.strictSame(paths({ minimumConnectionAttemptDelay: '10ms', connectionAttemptDelay: '10ms' }), [])
  t.strictSame(paths({ minimumConnectionAttemptDelay: '300ms' }), ['connectionAttemptDelay'])
  t.strictSame(paths({ maximumConnectionAttemptDelay: '50ms' }), ['minimumConnectionAttemptDelay'])
  t.strictSame(paths({ minimumConnectionAttemptDelay: 'x', connectionAttemptDelay: '1ms' }), [])
  t.strictSame(paths({ connectionAttemptDelay: 'x' }), [])
})

t.test('one address family is enabled, and minTtl is at most maxTtl', async t => {
  const paths = (value: unknown) => checkResolver(value).map(({ path }) => path.join('.'))
  t.strictSame(paths(undefined), [])
  t.strictSame(paths({ ipv4: false }), [])
  t.strictSame(paths({ ipv4: false, ipv6: false }), ['resolver.ipv6'])
  t.strictSame(paths({ cache: { minTtl: '1h' } }), [])
  t.strictSame(paths({ cache: { minTtl: '61m' } }), ['resolver.cache.minTtl'])
  t.strictSame(paths({ cache: { maxTtl: 'x', minTtl: '61m' } }), [])
})

t.test('mode system excludes servers and search', async t => {
  const paths = (value: unknown) => checkResolver(value).map(({ path }) => path.join('.'))
  const given = { servers: ['192.0.2.53'], search: ['a.example'] }
  t.strictSame(paths(given), [])
  t.strictSame(paths({ ...given, mode: 'dns' }), [])
  t.strictSame(paths({ ...given, mode: 'system' }), ['resolver.servers', 'resolver.search'])
  t.strictSame(paths({ mode: 'system', search: [] }), ['resolver.search'])
  t.strictSame(paths({ mode: 'system', servers: 'system', search: 'system' }), [])
  t.strictSame(paths({ mode: 'system', timeout: '1s', attempts: 1 }), [], 'these have one')
})

const messages = (value: unknown, listeners?: unknown): readonly string[] =>
  checkAdmin(value, listeners).map(({ path, message }) => `${path.join('.')}: ${message}`)

t.test('an admin endpoint beyond loopback needs a token', async t => {
  for (const value of [undefined, {}, { listen: 'off' }, { listen: 'nonsense' }])
    t.strictSame(messages(value), [])
  for (const listen of ['127.0.0.1:9', '127.9.9.9:9', '[::1]:9', 'localhost:9', 'unix:/a'])
    t.strictSame(messages({ listen }), [], listen)
  for (const listen of ['0.0.0.0:9', '[::]:9', '192.0.2.1:9', '[2001:db8::1]:0']) {
    t.match(messages({ listen }), [
      /^admin\.listen: found .*, which others can reach, and no token/,
    ])
    t.strictSame(messages({ listen, token: 'secret' }), [], listen)
    t.strictSame(messages({ listen, tokenFile: 'f' }), [], listen)
  }
  t.strictSame(messages({ listen: '0.0.0.0:9', token: 5 }), [], 'that is a mistake of its own')
})

t.test('the admin endpoint and a listener cannot have one address', async t => {
  const listeners = [
    { protocol: 'socks', listen: 'nonsense' },
    { name: 'two', protocol: 'socks', listen: ['127.0.0.1:8', '127.0.0.1:9', 'unix:/a'] },
  ]
  t.match(messages({ listen: '127.0.0.1:9' }, listeners), [
    'admin.listen: found 127.0.0.1:9 for the second time; the listener "two" has it already',
  ])
  t.match(messages({ listen: 'unix:/a' }, listeners), [/unix:\/a for the second time/])
  for (const listen of ['127.0.0.1:7', '[::1]:9', 'unix:/b', '127.0.0.1:0'])
    t.strictSame(messages({ listen }, listeners), [], listen)
  t.strictSame(messages({ listen: '127.0.0.1:9' }, 'no list'), [])
})
