import t from 'tap'
import {
  createResolving,
  mayStart,
  resolutionDelayEnd,
} from '../../../src/eyeballs/race/resolution.ts'
import { A, AAAA, candidate, raceConfig, v4, v6 } from '../../fixtures/race.ts'

type Resolving = ReturnType<typeof createResolving>

const config = raceConfig()

const answer = (state: Resolving, id: number, ...addresses: string[]): void => {
  const lookup = state.lookups[id]
  if (!lookup) throw new Error(`no lookup ${id}`)
  lookup.status = addresses.length > 0 ? 'positive' : 'negative'
  lookup.candidates = addresses.map(address => candidate(address))
}

void t.test('a race begins with every lookup out and no answer', async t => {
  t.strictSame(createResolving(config, 7), {
    name: 'resolving',
    startedAt: 7,
    lookups: [
      { record: 'AAAA', status: 'pending', candidates: [] },
      { record: 'A', status: 'pending', candidates: [] },
    ],
    firstAnswerAt: null,
  })
})

void t.test(
  'the Resolution Delay runs from the first answer; before one it has no end',
  async t => {
    const state = createResolving(config, 7)
    t.equal(resolutionDelayEnd(state, config), Infinity)
    state.firstAnswerAt = 12
    t.equal(resolutionDelayEnd(state, config), 62)
  },
)

void t.test('an address of the preferred family starts the race at once (Q4, Q6)', async t => {
  const state = createResolving(config, 0)
  state.firstAnswerAt = 5
  answer(state, AAAA, v6(1))
  t.equal(mayStart(state, config, 5), true)
})

void t.test('an address of the other family waits (Q5), to the millisecond', async t => {
  const state = createResolving(config, 0)
  state.firstAnswerAt = 5
  answer(state, A, v4(1))
  t.equal(mayStart(state, config, 54.9), false)
  t.equal(mayStart(state, config, 55), true)
})

void t.test('a negative answer of the preferred family ends the wait (Q7)', async t => {
  const state = createResolving(config, 0)
  state.firstAnswerAt = 5
  answer(state, A, v4(1))
  answer(state, AAAA)
  t.equal(mayStart(state, config, 5), true)
})

void t.test('a race without a lookup of the preferred family never waits', async t => {
  const only4 = raceConfig({ queries: [{ host: '192.0.2.1', port: 443, record: 'A' }] })
  const state = createResolving(only4, 0)
  state.firstAnswerAt = 0
  answer(state, 0, v4(1))
  t.equal(mayStart(state, only4, 0), true)
})
