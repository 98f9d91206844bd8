import t from 'tap'
import { createReadyList } from '../../../src/pipe/splice/ready-list.ts'

t.test('first come, first served, and each once', async t => {
  const list = createReadyList(4)
  t.equal(list.size(), 0)
  for (const direction of [3, 0, 3, 1, 0]) list.add(direction)
  t.equal(list.size(), 3)
  t.equal(list.next(), 3)
  list.add(3)
  list.add(2)
  t.equal(list.size(), 4, 'all are in it')
  t.same([list.next(), list.next(), list.next(), list.next()], [0, 1, 3, 2])
  t.equal(list.size(), 0)
})

t.test('it goes round', async t => {
  const list = createReadyList(2)
  for (let i = 0; i < 7; i++) {
    list.add(i % 2)
    list.add((i + 1) % 2)
    t.same([list.next(), list.next()], [i % 2, (i + 1) % 2])
  }
})
