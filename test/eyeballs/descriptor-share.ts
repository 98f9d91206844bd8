import t from 'tap'
import { createDescriptorShare } from '../../src/eyeballs/descriptor-share.ts'
import type { RaceEvent } from '../../src/eyeballs/race/types.ts'
import type { BudgetedRace } from '../../src/eyeballs/types.ts'
import { createScriptedBudget } from '../fixtures/scripted-budget.ts'

const setUp = (count: number) => {
  const budget = createScriptedBudget(count)
  const events: RaceEvent[] = []
  const share = createDescriptorShare(budget, event => void events.push(event))
  return { budget, events, share }
}

t.test('without a budget nothing is ever refused', async t => {
  const share = createDescriptorShare(undefined, () => t.fail('there is nobody to ask'))
  t.equal(share.take(1, 0), true)
  t.equal(share.take(2, 1), true)
  share.settle(1)
  share.leave()
})

t.test('the first attempt asks nobody', async t => {
  const { budget, events, share } = setUp(0)
  t.equal(share.take(1, 0), true)
  share.settle(1)
  share.leave()
  t.strictSame([budget.races, events], [[], []])
})

t.test('each further one has a descriptor, until it is over', async t => {
  const { budget, share } = setUp(2)
  t.equal(share.take(2, 1), true)
  t.equal(share.take(3, 2), true)
  t.equal(budget.free(), 0)
  share.settle(2)
  t.equal(budget.free(), 1, 'whichever of the three is over')
  share.settle(1)
  share.settle(1)
  t.equal(budget.free(), 2)
  share.leave()
  t.strictSame(budget.races, [])
})

t.test('one that is refused is put off, and tried again when there may be one', async t => {
  const { budget, events, share } = setUp(0)
  t.equal(share.take(2, 1), false)
  t.strictSame(events.splice(0), [{ type: 'deferred', id: 2 }, { type: 'scarce' }])
  budget.add(1)
  t.strictSame(events, [{ type: 'wake' }])
  t.equal(share.take(2, 1), true)
})

t.test('another race is asked to give attempts up', async t => {
  const budget = createScriptedBudget(1)
  const first: string[] = []
  const old = createDescriptorShare(budget, ({ type }) => {
    first.push(type)
    if (type === 'scarce') old.settle(1)
  })
  t.equal(old.take(2, 1), true)
  const events: RaceEvent[] = []
  const young = createDescriptorShare(budget, event => void events.push(event))
  t.equal(young.take(2, 1), true)
  t.strictSame(first, ['scarce'])
  t.strictSame(events, [])
})

t.test(
  'its own attempts are given up after it is known what became of the one asked for',
  async t => {
    const events: string[] = []
    let asked: BudgetedRace | undefined
    const share = createDescriptorShare(
      {
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
      },
      ({ type }) => void events.push(type),
    )
    share.take(2, 1)
    asked?.giveUp()
    t.strictSame(events, ['taken', 'scarce', 'scarce'])
  },
)
