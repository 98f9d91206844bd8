import t from 'tap'
import { codeOf, errorOf, fail, failFrom, failWithCode } from '../../src/core/fail.ts'

void t.test('an error with its code, facts and cause', async t => {
  const cause = new Error('because')
  const failure = fail('ERR_CONFIG', 'it is wrong', { line: 7 }, cause)
  t.ok(failure instanceof Error)
  t.equal(failure.message, 'it is wrong')
  t.equal(failure.code, 'ERR_CONFIG')
  t.equal(failure.line, 7)
  t.equal(failure.cause, cause)
})

void t.test('without a cause there is none', async t => {
  t.equal('cause' in fail('ERR_BUG', 'x'), false)
  t.equal('cause' in fail('ERR_BUG', 'x', {}, null), true, 'null was given')
})

void t.test('an error can have a code of the system', async t => {
  const cause = new Error('because')
  const failure = failWithCode('ENOENT', 'x', { path: 'y' }, cause)
  t.match(failure, { message: 'x', code: 'ENOENT', path: 'y', cause })
})

void t.test('facts do not hide the code', async t => {
  t.equal(fail('ERR_BUG', 'x', { code: 'OTHER' }).code, 'ERR_BUG')
})

void t.test('the code of whatever was thrown', async t => {
  t.equal(codeOf(Object.assign(new Error('x'), { code: 'EPIPE' })), 'EPIPE')
  for (const thrown of [new Error('x'), Object.assign(new Error('x'), { code: 5 }), 'x', null]) {
    t.equal(codeOf(thrown), 'ERR_BUG')
  }
})

void t.test('an error of the system is retold with its code', async t => {
  const cause = Object.assign(new Error('EPIPE'), { code: 'EPIPE' })
  const failure = failFrom(cause, 'it broke', { where: 'there' })
  t.match(failure, { message: 'it broke', code: 'EPIPE', where: 'there', cause })
  t.equal(failFrom('text', 'it broke').code, 'ERR_BUG')
})

void t.test('whatever was thrown is an error', async t => {
  const error = new Error('x')
  t.equal(errorOf(error), error)
  t.match(errorOf('text'), { message: 'text' })
})
