import t from 'tap'
import { foundAllowed, kindOf, showValue } from '../../src/config/show-value.ts'

t.test('says what kind a value is', async t => {
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
})

t.test('quotes texts, cut where they are long, and nothing of what is inside others', async t => {
  t.equal(showValue('a"b'), '"a\\"b"')
  t.equal(showValue('x'.repeat(81)), `"${'x'.repeat(80)}..."`)
  t.equal(showValue(5), '5')
  t.equal(showValue(false), 'false')
  t.equal(showValue({ password: 'secret' }), 'a mapping')
})

t.test('a message says what was found and what is allowed', async t => {
  t.equal(foundAllowed(5, 'text'), 'found 5; allowed: text')
  t.equal(foundAllowed(undefined, 'text'), 'is missing; allowed: text')
})
