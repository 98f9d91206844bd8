import t from 'tap'
import { NO_FILTER } from '../../src/dashboard/race-filter.ts'
import type { WindowOptions } from '../../src/dashboard/race-window.ts'
import { raceWindow } from '../../src/dashboard/race-window.ts'
import { failedRace, plainRace } from '../fixtures/race-entry.ts'

/** Keys 1 to 25; each fifth race failed. */
const races = Array.from({ length: 25 }, (_, i) => {
  const race = (i + 1) % 5 === 0 ? failedRace() : plainRace()
  return { key: i + 1, race, record: race }
})

const look = (options: Partial<WindowOptions> = {}) => {
  const { shown, ...rest } = raceWindow(races, {
    filter: NO_FILTER,
    heldAt: null,
    page: 0,
    pageSize: 10,
    ...options,
  })
  return { keys: shown.map(({ key }) => key), ...rest }
}

t.test('the newest stand first', async t => {
  t.same(look(), {
    keys: [25, 24, 23, 22, 21, 20, 19, 18, 17, 16],
    matching: 25,
    waiting: 0,
    page: 0,
    pages: 3,
  })
  t.same(look({ page: 2 }).keys, [5, 4, 3, 2, 1])
  t.match(look({ page: 9 }), { keys: [5, 4, 3, 2, 1], page: 2 }, 'no page behind the last')
})

t.test('a list that is held does not move, and counts what is newer', async t => {
  t.match(look({ heldAt: 12 }), { keys: [12, 11, 10, 9, 8, 7, 6, 5, 4, 3], waiting: 13, pages: 2 })
  t.match(look({ heldAt: 12, page: 1 }), { keys: [2, 1], matching: 12 })
  t.match(look({ heldAt: 0 }), { keys: [], matching: 0, waiting: 25, pages: 1 })
  t.match(look({ heldAt: 99 }), { matching: 25, waiting: 0 })
})

t.test('only races that fit count', async t => {
  const filter = { ...NO_FILTER, outcome: 'failed' } as const
  t.match(look({ filter }), { keys: [25, 20, 15, 10, 5], matching: 5, pages: 1 })
  t.match(look({ filter, heldAt: 12 }), { keys: [10, 5], matching: 2, waiting: 3 })
})
