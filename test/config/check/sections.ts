import t from 'tap'
import { checkEyeballs, checkResolver } from '../../../src/config/check/sections.ts'

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

t.test('a family is left, and cache bounds are the right way round', async t => {
  const paths = (value: unknown) => checkResolver(value).map(({ path }) => path.join('.'))
  t.strictSame(paths(undefined), [])
  t.strictSame(paths({ ipv4: false }), [])
  t.strictSame(paths({ ipv4: false, ipv6: false }), ['resolver.ipv6'])
  t.strictSame(paths({ cache: { minTtl: '1h' } }), [])
  t.strictSame(paths({ cache: { minTtl: '61m' } }), ['resolver.cache.minTtl'])
  t.strictSame(paths({ cache: { maxTtl: 'x', minTtl: '61m' } }), [])
})

t.test(
  'in mode system neither servers nor search are given: they would have no effect',
  async t => {
    const paths = (value: unknown) => checkResolver(value).map(({ path }) => path.join('.'))
    const given = { servers: ['192.0.2.53'], search: ['a.example'] }
    t.strictSame(paths(given), [])
    t.strictSame(paths({ ...given, mode: 'dns' }), [])
    t.strictSame(paths({ ...given, mode: 'system' }), ['resolver.servers', 'resolver.search'])
    t.strictSame(paths({ mode: 'system', search: [] }), ['resolver.search'])
    t.strictSame(paths({ mode: 'system', servers: 'system', search: 'system' }), [])
    t.strictSame(paths({ mode: 'system', timeout: '1s', attempts: 1 }), [], 'these have one')
  },
)
