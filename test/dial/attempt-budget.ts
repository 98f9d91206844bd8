import fc from 'fast-check'
import t from 'tap'
import { createAttemptBudget } from '../../src/dial/attempt-budget.ts'
import type { AttemptBudget } from '../../src/eyeballs/types.ts'

/** A race as the budget sees it: it may be asked to try again, and to give up all but six attempts. */
const joinRace = (budget: AttemptBudget, onRetry = (): void => {}) => {
  let taken = 0
  let gaveUp = 0
  let retries = 0
  const share = budget.join({
    retry: () => {
      retries++
      onRetry()
    },
    giveUp: () => {
      gaveUp++
      // Of its attempts the first needs nothing of the budget.
      for (let surplus = taken - 5; surplus > 0; surplus--) release()
    },
  })
  const release = (): void => {
    taken--
    share.release()
  }
  const take = (): boolean => {
    const isTaken = share.take()
    if (isTaken) taken++
    return isTaken
  }
  return {
    take,
    release,
    leave: () => {
      for (let left = taken; left > 0; left--) release()
      share.leave()
    },
    takeAll: (max = 15): number => {
      for (let left = max - taken; left > 0; left--) if (!take()) break
      return taken
    },
    taken: () => taken,
    gaveUp: () => gaveUp,
    retries: () => retries,
  }
}

const budgetOf = (files: number, races: number) =>
  createAttemptBudget({ files: () => files, races: () => races })

t.test('one that is alone has all that a race can use', async t => {
  t.equal(joinRace(budgetOf(400, 100)).takeAll(), 15)
  t.equal(joinRace(budgetOf(Infinity, 100)).takeAll(), 15, 'where there is no limit')
})

t.test('each race has its second attempt, whatever others have', async t => {
  const budget = budgetOf(30, 10)
  const others = Array.from({ length: 9 }, () => joinRace(budget))
  for (const other of others) other.takeAll()
  const last = joinRace(budget)
  t.ok(last.take())
  const all = [...others, last].reduce((sum, race) => sum + race.taken(), 0)
  t.ok(all <= 30, `${all} in all`)
})

t.test('with each attempt more it needs more to be free', async t => {
  const budget = budgetOf(5 + 4, 4)
  const first = joinRace(budget)
  // Beside the one that it has in any case, 4 of the 5 that are shared.
  t.equal(first.takeAll(), 5)
  t.equal(joinRace(budget).takeAll(), 2)
  t.equal(joinRace(budget).takeAll(), 1)
  t.equal(joinRace(budget).takeAll(), 1)
  t.equal(first.gaveUp(), 0, 'it has six attempts, and keeps them')
})

t.test('for the first six of one the oldest beyond six of others are given up', async t => {
  let files = 200
  const budget = createAttemptBudget({ files: () => files, races: () => 4 })
  const large = joinRace(budget)
  t.equal(large.takeAll(), 15)
  const small = joinRace(budget)
  t.equal(small.takeAll(4), 4)
  // Of 20 that are shared 17 are taken, which leaves no fourth for the one behind its second.
  files = 24
  t.ok(small.take(), 'its sixth attempt')
  t.equal(large.taken(), 5)
  files = 14
  t.notOk(small.take(), 'its seventh is not worth it')
  t.equal(large.gaveUp(), 1)
})

t.test('who was refused tries again when something is free, the oldest first', async t => {
  const budget = budgetOf(5, 4)
  const holder = joinRace(budget)
  t.equal(holder.takeAll(2), 2)
  const order: string[] = []
  const a = joinRace(budget, () => order.push('a'))
  const b = joinRace(budget, () => order.push('b'))
  t.same([a.takeAll(), b.takeAll()], [1, 1])
  holder.release()
  t.same(order, ['a'])
  holder.release()
  t.same(order, ['a', 'b'])
  t.notOk(holder.retries())
  t.ok(b.take())
  t.notOk(a.take())
  a.leave()
  t.same(order, ['a', 'b', 'a'], 'it has released its own before it left')
  b.leave()
  t.same(order, ['a', 'b', 'a'], 'one that has left is not asked')
})

t.test('however races come and go, the sum is within the limit', async () => {
  const steps = fc.array(
    fc.record({ race: fc.nat(19), what: fc.constantFrom('take', 'all', 'release', 'leave') }),
    { maxLength: 200 },
  )
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(60), steps, (races, shared, all) => {
      const budget = budgetOf(races + shared, races)
      const open = new Map<number, ReturnType<typeof joinRace>>()
      for (const { race, what } of all) {
        const index = race % races
        const one = open.get(index) ?? joinRace(budget)
        open.set(index, one)
        if (what === 'take') {
          const had = one.taken()
          if (!one.take() && had === 0) throw new Error('a race has no second attempt')
        } else if (what === 'all') one.takeAll()
        else if (what === 'release' && one.taken() > 0) one.release()
        else if (what === 'leave') {
          one.leave()
          open.delete(index)
        }
        const sum = [...open.values()].reduce((total, each) => total + each.taken(), 0)
        if (sum > races + shared) throw new Error(`${sum} of ${races + shared}`)
      }
    }),
  )
})
