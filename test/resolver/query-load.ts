import t from 'tap'
import {
  QUERIES_MAX,
  createQueryLoad,
  createSocketBudget,
  queriesMax,
} from '../../src/resolver/query-load.ts'

t.test('a sixteenth of the limit on open files, from 4 to 64', async t => {
  for (const [openFiles, max] of [
    [null, 64],
    [Infinity, 64],
    [40_032, 64],
    [1024, 64],
    [256, 16],
    [128, 8],
    [64, 4],
    [16, 4],
  ] as const) {
    t.equal(queriesMax(openFiles), max, String(openFiles))
  }
})

t.test('turns and sockets are as many', async t => {
  t.equal(createQueryLoad().max, QUERIES_MAX)
  const { turns, sockets } = createQueryLoad(4)
  for (let i = 0; i < 4; i++) sockets.take()
  t.equal(sockets.hasCapacity(), false)
  let refused = 0
  const enter = (client: string) =>
    turns.enter({ client, run: () => {}, refuse: () => void refused++ })
  for (let i = 0; i < 10; i++) enter('flood')
  t.equal(turns.active(), 3, 'one client leaves a place')
  enter('another')
  t.equal(turns.active(), 4)
  for (let i = 0; i < 3000; i++) enter('flood')
  t.equal(turns.waiting(), 2048, 'the queries of 1,024 names')
  t.equal(refused, 3010 - 3 - 2048)
})

t.test('queries that wait are counted, those of other limits too', async t => {
  const load = createQueryLoad(4)
  for (let i = 0; i < 10; i++) load.turns.enter({ client: 'a', run: () => {}, refuse: () => {} })
  t.equal(load.waiting(), 7)
  const exclude = load.include({ waiting: () => 5 })
  t.equal(load.waiting(), 12)
  exclude()
  t.equal(load.waiting(), 7)
})

t.test('places are counted', async t => {
  const budget = createSocketBudget(2)
  const one = budget.take()
  const two = budget.take()
  t.equal(budget.open(), 2)
  t.equal(budget.hasCapacity(), false)
  one.free()
  one.free()
  t.equal(budget.open(), 1)
  t.equal(budget.hasCapacity(), true)
  two.free()
  t.equal(budget.open(), 0)
})

t.test('the one that has been spare for longest is closed for another, once', async t => {
  const budget = createSocketBudget(3)
  const closed: string[] = []
  const [one, two, three] = [budget.take(), budget.take(), budget.take()]
  two.spare(() => closed.push('two'))
  one.spare(() => closed.push('one'))
  three.spare(() => closed.push('three'))
  three.need()
  const four = budget.take()
  t.same(closed, ['two'])
  t.equal(budget.open(), 3)
  budget.take()
  t.same(closed, ['two', 'one'])
  budget.take()
  t.same(closed, ['two', 'one'], 'what is needed is never closed')
  two.free()
  t.equal(budget.open(), 4, 'its place was free already')
  four.free()
  t.equal(budget.open(), 3)
})

t.test('while there is room nothing is closed, and what is free is spare no more', async t => {
  const budget = createSocketBudget(2)
  const one = budget.take()
  one.spare(() => t.fail('closed'))
  budget.take()
  one.free()
  one.spare(() => t.fail('closed'))
  budget.take()
  budget.take()
})
