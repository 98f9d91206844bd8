import t from 'tap'
import {
  configFailure,
  formatPath,
  formatProblem,
  foundAllowed,
  kindOf,
  showValue,
} from '../../src/config/problem.ts'

t.test('formatPath writes keys and indices', async t => {
  t.equal(formatPath([]), '')
  t.equal(formatPath(['listeners', 0, 'auth', 'users']), 'listeners[0].auth.users')
  t.equal(formatPath(['resolver', 'hosts', 'a.b "c"']), 'resolver.hosts["a.b \\"c\\""]')
  t.equal(formatPath(['log', 'x'.repeat(81)]), `log["${'x'.repeat(80)}..."]`)
})

t.test('formatProblem leaves out empty parts', async t => {
  t.equal(formatProblem({ where: 'a:1:2', path: 'b', message: 'c' }), 'a:1:2: b: c')
  t.equal(formatProblem({ where: '--x', path: '', message: 'c' }), '--x: c')
})

t.test('configFailure holds all problems', async t => {
  const problems = [
    { where: 'a', path: '', message: 'b' },
    { where: 'c', path: 'd', message: 'e' },
  ]
  const failure = configFailure(problems)
  t.equal(failure.code, 'ERR_CONFIG')
  t.equal(failure.message, 'a: b\nc: d: e')
  t.strictSame(failure.problems, problems)
})

t.test('kindOf names the type of a value', async t => {
  const kinds: readonly (readonly [unknown, string])[] = [
    [undefined, 'nothing'],
    [null, 'nothing'],
    [[], 'an empty list'],
    [[1], 'a list'],
    [{}, 'a mapping'],
    ['x', 'text'],
    [1, 'a number'],
    [true, 'a boolean'],
  ]
  for (const [value, kind] of kinds) t.equal(kindOf(value), kind)
  t.equal(kindOf(new Set(['a'])), 'a set or an ordered mapping')
  t.equal(kindOf(new Uint8Array(1)), 'binary data')
})

t.test('showValue shortens texts and shows other values by their type', async t => {
  t.equal(showValue('a"b'), '"a\\"b"')
  t.equal(showValue('x'.repeat(81)), `"${'x'.repeat(80)}..."`)
  t.equal(showValue(5), '5')
  t.equal(showValue(false), 'false')
  t.equal(showValue({ password: 'secret' }), 'a mapping')
})

t.test('foundAllowed names what was found and what is allowed', async t => {
  t.equal(foundAllowed(5, 'text'), 'found 5; allowed: text')
  t.equal(foundAllowed(undefined, 'text'), 'is missing; allowed: text')
})
