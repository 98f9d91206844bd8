import t from 'tap'
import type { RaceFilter } from '../../src/dashboard/race-filter.ts'
import { createRaceFilter, isFilterEmpty, NO_FILTER } from '../../src/dashboard/race-filter.ts'
import { failedRace, plainRace, raceEntry } from '../fixtures/race-entry.ts'

const fits = (filter: Partial<RaceFilter>, race = raceEntry()): boolean =>
  createRaceFilter({ ...NO_FILTER, ...filter })(race)

t.test('an empty filter fits all', async t => {
  t.ok(isFilterEmpty(NO_FILTER))
  t.ok(isFilterEmpty({ ...NO_FILTER, name: '  ' }))
  t.notOk(isFilterEmpty({ ...NO_FILTER, client: 'a' }))
  t.notOk(isFilterEmpty({ ...NO_FILTER, outcome: 'won' }))
  t.ok(fits({}))
  t.ok(fits({}, failedRace({ target: null })))
})

t.test('a name is a part of the target or of an address', async t => {
  t.ok(fits({ name: ' EXAMPLE.com' }))
  t.ok(fits({ name: '2001:DB8' }))
  t.notOk(fits({ name: 'example.net' }))
  t.notOk(fits({ name: 'a' }, raceEntry({ target: null, attempts: [] })))
})

t.test('a client is a part of the address or of the user', async t => {
  t.ok(fits({ client: '127.0.0.1' }))
  t.notOk(fits({ client: 'alice' }))
  t.ok(fits({ client: 'Ali' }, raceEntry({ user: 'alice' })))
  t.notOk(fits({ client: '127.0.0.1', name: 'example.net' }), 'both have to fit')
})

t.test('an outcome; a race with a hidden failure is won too', async t => {
  t.ok(fits({ outcome: 'hidden' }))
  t.ok(fits({ outcome: 'won' }))
  t.notOk(fits({ outcome: 'failed' }))
  t.notOk(fits({ outcome: 'hidden' }, plainRace()))
  t.ok(fits({ outcome: 'failed' }, failedRace()))
})
