import fc from 'fast-check'
import t from 'tap'
import type { Family } from '../../../src/core/ip.ts'
import { interleave } from '../../../src/eyeballs/order/interleave.ts'

type Item = { readonly family: Family; readonly name: string }

const items = (text: string): Item[] =>
  text === '' ? [] : text.split(' ').map(name => ({ family: name.startsWith('6') ? 6 : 4, name }))

const mixed = (text: string, count?: number): string =>
  interleave(items(text), count)
    .map(({ name }) => name)
    .join(' ')

void t.test('RFC 8305 section 4: the second entry is the first of the other family', async t => {
  t.equal(mixed('6a 6b 6c 4a 4b'), '6a 4a 6b 4b 6c')
  t.equal(mixed('4a 4b 6a'), '4a 6a 4b', 'the family that the list begins with goes first')
  t.equal(mixed('6a 4a 4b 4c'), '6a 4a 4b 4c')
})

void t.test('RFC 8305 section 4: First Address Family Count', async t => {
  t.equal(mixed('6a 6b 6c 4a 4b', 2), '6a 6b 4a 6c 4b')
  t.equal(mixed('6a 6b 6c 4a 4b', 3), '6a 6b 6c 4a 4b')
  t.equal(mixed('6a 6b 4a', 9), '6a 6b 4a', 'more than there are')
})

void t.test('lists of one family, and the empty one, stay as they are', async t => {
  t.equal(mixed('6a 6b 6c', 2), '6a 6b 6c')
  t.equal(mixed('4a'), '4a')
  t.equal(mixed(''), '')
  t.equal(mixed('', 2), '')
})

void t.test('a count that is no whole number above 0 is refused', async t => {
  for (const count of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    t.throws(() => interleave(items('6a'), count), {
      code: 'ERR_INVALID_ARG',
      message: `the first address family count is ${count}: a whole number above 0 is allowed`,
    })
  }
})

void t.test(
  'whatever the list: a new array, the same items, each family in its order',
  async () => {
    const list = fc.array(
      fc.record({ family: fc.constantFrom<Family>(4, 6), name: fc.string({ maxLength: 3 }) }),
    )
    fc.assert(
      fc.property(list, fc.integer({ min: 1, max: 12 }), (before, count) => {
        const after = interleave(before, count)
        if (after === before) return false
        for (const family of [4, 6]) {
          const only = (all: readonly Item[]) => all.filter(item => item.family === family)
          if (only(after).some((item, i) => item !== only(before)[i])) return false
        }
        const first = before[0]?.family
        const run = after.findIndex(({ family }) => family !== first)
        const total = before.filter(({ family }) => family === first).length
        return after.length === before.length && (run === -1 || run === Math.min(count, total))
      }),
    )
  },
)

void t.test('an item may count as another family than its own', async t => {
  const list = items('6a 6b 6x 4a')
  const order = interleave(list, 1, ({ name, family }) => (name === '6x' ? 4 : family))
  t.same(
    order.map(({ name }) => name),
    ['6a', '6x', '6b', '4a'],
  )
})
