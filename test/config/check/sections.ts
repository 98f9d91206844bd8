import t from 'tap'
import { checkEyeballs, checkResolver } from '../../../src/config/check/sections.ts'

t.test('the attempt delay lies within its bounds', async t => {
  const paths = (value: unknown) => checkEyeballs(value).map(({ path }) => path.at(-1))
  t.same(paths(undefined), [])
  t.same(paths({ connectionAttemptDelay: '100ms' }), [])
  t.same(paths({ connectionAttemptDelay: '2s' }), [])
  t.same(paths({ connectionAttemptDelay: 99 }), ['connectionAttemptDelay'])
  t.same(paths({ connectionAttemptDelay: 2001 }), ['connectionAttemptDelay'])
  t.same(paths({ minimumConnectionAttemptDelay: '10ms', connectionAttemptDelay: '10ms' }), [])
  t.same(paths({ minimumConnectionAttemptDelay: '300ms' }), ['connectionAttemptDelay'])
  t.same(paths({ maximumConnectionAttemptDelay: '50ms' }), ['minimumConnectionAttemptDelay'])
  t.same(paths({ minimumConnectionAttemptDelay: 'x', connectionAttemptDelay: 1 }), [])
  t.same(paths({ connectionAttemptDelay: 'x' }), [])
})

t.test('a family is left, and cache bounds are the right way round', async t => {
  const paths = (value: unknown) => checkResolver(value).map(({ path }) => path.join('.'))
  t.same(paths(undefined), [])
  t.same(paths({ ipv4: false }), [])
  t.same(paths({ ipv4: false, ipv6: false }), ['resolver.ipv6'])
  t.same(paths({ cache: { minTtl: '1h' } }), [])
  t.same(paths({ cache: { minTtl: '61m' } }), ['resolver.cache.minTtl'])
  t.same(paths({ cache: { maxTtl: 'x', minTtl: '61m' } }), [])
})
