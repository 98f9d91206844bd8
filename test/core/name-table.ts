import fc from 'fast-check'
import t from 'tap'
import { createNameTable } from '../../src/core/name-table.ts'

type Item = { readonly key: string; next: Item | null }

t.test('it holds what a Map of the same items would', async () => {
  const key = fc.oneof(fc.string({ maxLength: 2 }), fc.constantFrom('__proto__', 'constructor', ''))
  const step = fc.record({ add: fc.boolean(), key })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), steps => {
      const table = createNameTable<Item>()
      const map = new Map<string, Item>()
      for (const { add, key: name } of steps) {
        const known = map.get(name)
        if (table.get(name) !== known) return false
        if (add && !known) {
          const item: Item = { key: name, next: null }
          table.add(item)
          map.set(name, item)
        }
        if (!add && known) {
          if (!table.delete(known) || table.delete(known)) return false
          map.delete(name)
        }
      }
      return [...map].every(([name, item]) => table.get(name) === item)
    }),
  )
})

t.test('many more items than buckets', async t => {
  const table = createNameTable<Item>()
  const items = Array.from({ length: 5000 }, (_, i): Item => ({
    key: `A n${i}.example`,
    next: null,
  }))
  for (const item of items) table.add(item)
  t.ok(items.every(item => table.get(item.key) === item))
  for (const item of items) table.delete(item)
  t.ok(items.every(({ key, next }) => table.get(key) === undefined && next === null))
})
