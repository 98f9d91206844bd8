import t from 'tap'
import { createSocketBudget } from '../../../src/resolver/dns/socket-budget.ts'

t.test('places are counted', async t => {
  const budget = createSocketBudget(2)
  const one = budget.take()
  const two = budget.take()
  t.equal(budget.open(), 2)
  t.equal(budget.hasRoom(), false)
  one.free()
  one.free()
  t.equal(budget.open(), 1)
  t.equal(budget.hasRoom(), true)
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
