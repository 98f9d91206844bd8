import t from 'tap'
import { keepOnly } from '../../src/library/keep-only.ts'

void t.test('in place, in order, however long', async t => {
  const list = Array.from({ length: 300_000 }, (_, i) => i)
  keepOnly(list, (item, i) => item === i && i % 2 === 1)
  t.equal(list.length, 150_000)
  t.same(list.slice(0, 3), [1, 3, 5])
  keepOnly(list, () => false)
  t.same(list, [])
})

void t.test('a test that throws leaves the list as it was', async t => {
  const list = [1, 2]
  const refuse = (): never => {
    throw new Error('no')
  }
  t.throws(() => keepOnly(list, refuse), { message: 'no' })
  t.same(list, [1, 2])
})
