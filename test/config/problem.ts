import t from 'tap'
import { configFailure, formatPath, formatProblem } from '../../src/config/problem.ts'

t.test('writes paths as people say them', async t => {
  t.equal(formatPath([]), '')
  t.equal(formatPath(['listeners', 0, 'auth', 'users']), 'listeners[0].auth.users')
  t.equal(formatPath(['resolver', 'hosts', 'a.b "c"']), 'resolver.hosts["a.b \\"c\\""]')
})

t.test('a problem is one line, without empty parts', async t => {
  t.equal(formatProblem({ where: 'a:1:2', path: 'b', message: 'c' }), 'a:1:2: b: c')
  t.equal(formatProblem({ where: '--x', path: '', message: 'c' }), '--x: c')
})

t.test('one failure holds all problems', async t => {
  const problems = [
    { where: 'a', path: '', message: 'b' },
    { where: 'c', path: 'd', message: 'e' },
  ]
  const failure = configFailure(problems)
  t.equal(failure.code, 'ERR_CONFIG')
  t.equal(failure.message, 'a: b\nc: d: e')
  t.strictSame(failure.problems, problems)
})
