import t from 'tap'
import * as fields from '../../src/config/fields.ts'
import type { Field } from '../../src/config/fields.ts'
import { readField } from '../fixtures/read-field.ts'

const messages = (field: Field, value: unknown): readonly string[] =>
  readField(field, value).messages

t.test('messages name the value found and the values allowed', async t => {
  const cases: readonly (readonly [Field, unknown, readonly string[]])[] = [
    [fields.trueOrFalse(), 1, ['found 1; allowed: true, false']],
    [fields.whole(0, 5), 6, ['found 6; allowed: a whole number from 0 to 5']],
    [fields.whole(0, 5), -1, ['found -1; allowed: a whole number from 0 to 5']],
    [fields.whole(0, 5), '1', ['found "1"; allowed: a whole number from 0 to 5']],
    [fields.oneOf(['yes', 'no']), 'noo', ['found "noo"; allowed: yes, no; did you mean "no"?']],
    [fields.oneOf(['yes', 'no']), 5, ['found 5; allowed: yes, no']],
    [fields.duration(10, ' (why)'), '9ms', ['found "9ms"; allowed: 10ms or more (why)']],
    [
      fields.duration(),
      undefined,
      ['is missing; allowed: a duration (250ms, 5s, 2m, 1h30m and the like)'],
    ],
    [fields.durationOr('off'), 0, ['found 0; allowed: 1ms or more; or off']],
    [fields.durationOr('system', 5000), '6s', ['found "6s"; allowed: 1ms to 5s; or system']],
    [
      fields.wholeOr('system', null, 1, 5),
      6,
      ['found 6; allowed: system, or a whole number from 1 to 5'],
    ],
    [fields.secret('a secret', () => {}), 'x', []],
    [fields.secret('a secret', () => {}), 5, ['found a number; allowed: a secret, in quotes']],
    [fields.secret('a secret', () => {}), [], ['found an empty list; allowed: a secret']],
  ]
  for (const [field, value, expected] of cases) t.strictSame(messages(field, value), expected)
})

t.test('words become their values, and durations milliseconds', async t => {
  const cases: readonly (readonly [Field, unknown, unknown, unknown])[] = [
    [fields.durationOr('off'), 'off', null, 'off'],
    [fields.durationOr('off'), '5400s', 5_400_000, '1h30m'],
    [fields.wholeOr('system', null, 1, 5), 'system', null, 'system'],
    [fields.wholeOr('auto', 'auto', 1, 5), 'auto', 'auto', 'auto'],
    [fields.wholeOr('auto', 'auto', 1, 5), 5, 5, 5],
    [fields.duration(), 0, 0, '0s'],
    [fields.secret('a secret', () => {}), 'x', 'x', '(hidden)'],
  ]
  for (const [field, written, loaded, shown] of cases) {
    const { value } = readField(field, written)
    t.strictSame(value, loaded)
    t.strictSame(field.show(value), shown)
  }
})

t.test('numberOrText accepts numbers and texts', async t => {
  const field = fields.numberOrText('digits', fields.matching(/^\d+$/, 'digits'))
  t.strictSame(messages(field, 12), [])
  t.strictSame(messages(field, '12'), [])
  t.strictSame(messages(field, 'x'), ['found "x"; allowed: digits'])
  t.strictSame(messages(field, true), ['found true; allowed: digits'])
  t.strictSame(messages(field, Infinity), ['found Infinity; allowed: digits'])
})
