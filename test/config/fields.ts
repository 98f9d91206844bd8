import t from 'tap'
import type { z } from 'zod'
import * as fields from '../../src/config/fields.ts'

const messages = (schema: z.ZodType, value: unknown): readonly string[] => {
  const result = schema.safeParse(value)
  return result.success ? [] : result.error.issues.map(({ message }) => message)
}

t.test('each field says what it found and what it allows', async t => {
  const cases: readonly (readonly [z.ZodType, unknown, readonly string[]])[] = [
    [fields.flag(true), 1, ['found 1; allowed: true, false']],
    [fields.whole(1, 0, 5), 6, ['found 6; allowed: a whole number from 0 to 5']],
    [fields.whole(1, 0, 5), -1, ['found -1; allowed: a whole number from 0 to 5']],
    [fields.whole(1, 0, 5), '1', ['found "1"; allowed: a whole number from 0 to 5']],
    [fields.oneOf(['yes', 'no']), 'noo', ['found "noo"; allowed: yes, no; did you mean "no"?']],
    [fields.oneOf(['yes', 'no']), 5, ['found 5; allowed: yes, no']],
    [fields.duration('1s', 10, ' (why)'), '9ms', ['found "9ms"; allowed: 10ms or more (why)']],
    [fields.durationOrOff(), 0, ['found 0; allowed: 1ms or more; or off']],
    [fields.durationOrSystem(1, 5000), '6s', ['found "6s"; allowed: 1ms to 5s; or system']],
    [fields.wholeOrSystem(1, 5), 6, ['found 6; allowed: system, or a whole number from 1 to 5']],
    [fields.section({ a: fields.flag(true) }), 'x', ['found text; allowed: a mapping with a']],
    [
      fields.list(fields.flag(true), 'flags'),
      {},
      ['found a mapping; allowed: a list of flags, at least one (or leave the key out)'],
    ],
    [fields.list(fields.flag(true), 'flags', 0), 5, ['found 5; allowed: a list of flags']],
    [fields.secret('a secret', () => {}), 'x', []],
    [fields.secret('a secret', () => {}), 5, ['found a number; allowed: a secret, in quotes']],
    [fields.secret('a secret', () => {}), [], ['found an empty list; allowed: a secret']],
  ]
  for (const [schema, value, expected] of cases) t.strictSame(messages(schema, value), expected)
})

t.test('what is left out is the default', async t => {
  const schema = fields.section({
    flag: fields.flag(true),
    count: fields.whole(3, 0, 5),
    time: fields.duration('5s'),
    limit: fields.durationOrOff(),
    wait: fields.durationOrSystem(1, 5000),
    tries: fields.wholeOrSystem(1, 5),
  })
  t.strictSame(schema.parse({}), {
    flag: true,
    count: 3,
    time: '5s',
    limit: 'off',
    wait: 'system',
    tries: 'system',
  })
  t.match(schema.parse({ wait: '3s', tries: 5 }), { wait: '3s', tries: 5 })
})

t.test('one item stands for a list of itself', async t => {
  const schema = fields.oneOrMore(fields.text('a', fields.matching(/^a$/, 'a')), 'a')
  t.equal(schema.parse('a'), 'a')
  t.strictSame(schema.parse(['a', 'a']), ['a', 'a'])
  t.strictSame(messages(schema, 'b'), ['found "b"; allowed: a'])
  t.strictSame(messages(schema, ['a', 'b']), ['found "b"; allowed: a'])
  t.strictSame(messages(schema, []), [
    'found an empty list; allowed: a, or a list of them with at least one',
  ])
})

t.test('numbers and texts may stand for each other', async t => {
  const schema = fields.numberOrText('digits', fields.matching(/^\d+$/, 'digits'))
  t.strictSame(messages(schema, 12), [])
  t.strictSame(messages(schema, '12'), [])
  t.strictSame(messages(schema, 'x'), ['found "x"; allowed: digits'])
  t.strictSame(messages(schema, true), ['found true; allowed: digits'])
})

t.test('mappings check their keys', async t => {
  const key = fields.text('a', fields.matching(/^a$/, 'a'))
  const schema = fields.mapping(key, fields.flag(true), 'a mapping of a')
  t.strictSame(schema.parse({ a: true }), { a: true })
  t.strictSame(messages(schema, 'secret'), ['found text; allowed: a mapping of a'])
  t.equal(schema.safeParse({ b: true }).success, false)
})
