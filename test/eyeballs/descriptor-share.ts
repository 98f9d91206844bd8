import t from 'tap'
import { createDescriptorShare } from '../../src/eyeballs/descriptor-share.ts'
import type { RaceEvent } from '../../src/eyeballs/race/types.ts'
import type { AttemptBudget, BudgetedRace } from '../../src/eyeballs/types.ts'
import { createScriptedBudget } from '../fixtures/scripted-budget.ts'

const setUp = (count: number) => {
  const budget = createScriptedBudget(count)
  const events: RaceEvent[] = []
  /** Attempts of the race that have a descriptor. */
  const race = { live: 0 }
  const share = createDescriptorShare(
    budget,
    () => race.live,
    event => void events.push(event),
  )
  const take = (id: number, live: number): boolean => {
    race.live = live
    return share.take(id)
  }
  const settle = (live: number): void => {
    race.live = live
    share.settle()
  }
  return { budget, events, take, settle, leave: share.leave }
}

t.test('without a budget nothing is ever refused', async t => {
  const share = createDescriptorShare(
    undefined,
    () => 1,
    () => t.fail('there is nobody to ask'),
  )
  t.equal(share.take(1), true)
  t.equal(share.take(2), true)
  share.settle()
  share.leave()
})

t.test('the first attempt asks nobody', async t => {
  const { budget, events, take, settle, leave } = setUp(0)
  t.equal(take(1, 0), true)
  settle(1)
  leave()
  t.strictSame([budget.races, events], [[], []])
})

t.test('each further one has a descriptor, until it is over', async t => {
  const { budget, take, settle, leave } = setUp(2)
  t.equal(take(2, 1), true)
  t.equal(take(3, 2), true)
  t.equal(budget.free(), 0)
  settle(2)
  t.equal(budget.free(), 1, 'whichever of the three is over')
  settle(1)
  settle(1)
  t.equal(budget.free(), 2)
  leave()
  t.strictSame(budget.races, [])
})

t.test('one that is refused is put off, and tried again when there may be one', async t => {
  const { budget, events, take } = setUp(0)
  t.equal(take(2, 1), false)
  t.strictSame(events.splice(0), [{ type: 'deferred', id: 2 }, { type: 'scarce' }])
  budget.add(1)
  t.strictSame(events, [{ type: 'wake' }])
  t.equal(take(2, 1), true)
})

t.test('another race is asked to give attempts up', async t => {
  const budget = createScriptedBudget(1)
  const first: string[] = []
  let live = 1
  const old = createDescriptorShare(
    budget,
    () => live,
    ({ type }) => {
      first.push(type)
      live = 1
      if (type === 'scarce') old.settle()
    },
  )
  t.equal(old.take(2), true)
  live = 2
  const events: RaceEvent[] = []
  const young = createDescriptorShare(
    budget,
    () => 1,
    event => void events.push(event),
  )
  t.equal(young.take(2), true)
  t.strictSame(first, ['scarce'])
  t.strictSame(events, [])
})

t.test('what is released may be taken by the same race before the call returns', async t => {
  const budget = createScriptedBudget(1)
  let live = 1
  const share = createDescriptorShare(
    budget,
    () => live,
    ({ type }) => {
      if (type === 'wake' && share.take(3)) live++
    },
  )
  t.equal(share.take(2), true)
  live = 2
  t.equal(share.take(3), false)
  live = 1
  share.settle()
  t.strictSame([live, budget.free()], [2, 0])
  live = 1
  share.settle()
  t.equal(budget.free(), 1)
})

t.test(
  'its own attempts are given up after it is known what became of the one asked for',
  async t => {
    const events: string[] = []
    let asked: BudgetedRace | undefined
    const budget: AttemptBudget = {
      join: race => {
        asked = race
        return {
          take: () => {
            race.giveUp()
            events.push('taken')
            return true
          },
          release: () => {},
          leave: () => {},
        }
      },
    }
    const share = createDescriptorShare(
      budget,
      () => 1,
      ({ type }) => void events.push(type),
    )
    share.take(2)
    asked?.giveUp()
    t.strictSame(events, ['taken', 'scarce', 'scarce'])
  },
)
