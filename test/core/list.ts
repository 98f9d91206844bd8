import fc from 'fast-check'
import t from 'tap'
import { createList, itemsOf } from '../../src/core/list.ts'

type Item = {
  readonly name: number
  before: Item | null
  after: Item | null
  isListed: boolean
}

const item = (name: number): Item => ({ name, before: null, after: null, isListed: false })

t.test('it holds what a Set of the same items would, in the same order', async () => {
  const step = fc.record({ add: fc.boolean(), name: fc.integer({ min: 0, max: 9 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const list = createList<Item>()
      const set = new Set<Item>()
      const items = Array.from({ length: 10 }, (_, name) => item(name))
      for (const { add, name } of steps) {
        const each = items[name]
        if (!each) return false
        if (!add) {
          if (list.delete(each) !== set.delete(each)) return false
        } else if (!set.has(each)) {
          list.add(each)
          set.add(each)
        }
        const expected = [...set]
        const found = itemsOf(list)
        if (found.length !== expected.length || found.some((one, i) => one !== expected[i])) {
          return false
        }
        if (list.size() !== set.size) return false
        if (list.first() !== (expected[0] ?? null)) return false
        if (list.last() !== (expected.at(-1) ?? null)) return false
      }
      return items.every(each => each.isListed === set.has(each))
    }),
  )
})

t.test('one that was taken out holds no other', async t => {
  const list = createList<Item>()
  const [a, b, c] = [item(1), item(2), item(3)]
  for (const each of [a, b, c]) list.add(each)
  list.delete(b)
  t.same([b.before, b.after], [null, null])
  t.equal(a.after, c)
})
