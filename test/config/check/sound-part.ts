import t from 'tap'
import { isMapping, soundPart } from '../../../src/config/check/sound-part.ts'
import { flag, section, whole } from '../../../src/config/fields.ts'

const schema = section({ a: flag(true), b: whole(1, 0, 5), c: whole(2, 0, 5).optional() })

t.test('keeps what is sound, with defaults, and leaves the rest out', async t => {
  t.strictSame(soundPart(schema, { a: 'x', b: 3, d: 1 }), { b: 3, c: 2 })
  t.strictSame(soundPart(schema, {}), { a: true, b: 1, c: 2 })
  t.strictSame(soundPart(schema, 'x'), { a: true, b: 1, c: 2 })
})

t.test('mappings are no lists and not nothing', async t => {
  t.ok(isMapping({}))
  for (const value of [null, undefined, [], 'x', 1]) t.notOk(isMapping(value))
})
