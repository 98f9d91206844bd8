import t from 'tap'
import { summarise } from '../../src/eyeballs/race/summary.ts'
import type { RaceTrace } from '../../src/eyeballs/race/trace.ts'
import { tellRace } from '../../src/listener/tell-race.ts'
import { raceConfig } from '../fixtures/race.ts'
import { createState, FACTS } from '../fixtures/session-state.ts'

t.test('how a race ended, with an error only where there was one', async t => {
  const { state, events } = createState()
  const trace: RaceTrace = { v: 1, config: raceConfig(), entries: [] }
  const error = { code: 'ERR_RACE_FAILED', message: 'connect ECONNREFUSED' }
  const summary = summarise(trace)
  tellRace(state, 'won', 0, trace, summary)
  tellRace(state, 'failed', 5, trace, summary, error)
  t.strictSame(events, [
    { type: 'race', ...FACTS, outcome: 'won', reply: 0, trace, summary },
    { type: 'race', ...FACTS, outcome: 'failed', reply: 5, trace, summary, error },
  ])
})
