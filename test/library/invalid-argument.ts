import t from 'tap'
import { invalidArgument } from '../../src/library/invalid-argument.ts'

void t.test('one message says where, what was found and what is allowed', async t => {
  const error = invalidArgument('options.port', 'http', 'a whole number')
  t.match(error, { code: 'ERR_INVALID_ARG', where: 'options.port', found: 'http' })
  t.equal(error.message, "options.port is 'http': a whole number is allowed")
})

void t.test('what was found is quoted as far as it helps', async t => {
  const shown = (found: unknown): string =>
    invalidArgument('x', found, 'y').message.replace(/^x is (.*): y is allowed$/, '$1')
  t.equal(shown(undefined), 'undefined')
  t.equal(shown(NaN), 'NaN')
  t.equal(shown({ a: { b: 1 } }), '{ a: [Object] }')
  t.ok(shown('a'.repeat(10_000)).length < 80)
  t.ok(shown(Array.from({ length: 1000 }, (_, i) => i)).length < 80)
})
