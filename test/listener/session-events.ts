import t from 'tap'
import { summarise } from '../../src/eyeballs/race/summary.ts'
import type { RaceSummary } from '../../src/eyeballs/race/summary.ts'
import type { RaceTrace } from '../../src/eyeballs/race/types.ts'
import {
  emitClose,
  emitFailed,
  emitRace,
  emitRejected,
  emitRequest,
  nothingMoved,
} from '../../src/listener/session-events.ts'
import { raceConfig } from '../fixtures/race.ts'
import { FACTS, createState } from '../fixtures/session-state.ts'

t.test('the end of a connection that never was in the pipe', async t => {
  const { state, events } = createState()
  emitClose(state, nothingMoved('drain'))
  t.equal(state.phase, 'over')
  t.same(events, [
    {
      type: 'close',
      bytesUp: 0,
      bytesDown: 0,
      engine: 'stream',
      reason: 'drain',
      durationMs: 60,
      ...FACTS,
    },
  ])
  t.match(nothingMoved('drain', 7), { bytesUp: 7, bytesDown: 0 }, 'the target may have had some')
})

t.test('a connection that was ended because its account was revoked', async t => {
  for (const [state, ended, reason] of [
    ['revoked', 'drain', 'revoked'],
    ['revoked', 'eof', 'eof'],
    ['removed', 'drain', 'drain'],
    ['valid', 'drain', 'drain'],
  ] as const) {
    const { state: session, events } = createState()
    session.live.account = { user: 'eve', state }
    emitClose(session, nothingMoved(ended))
    t.match(events, [{ type: 'close', reason }])
  }
})

t.test('a forwarded request', async t => {
  const { state, events } = createState()
  const sizes = { bytesUp: 1, bytesDown: 2, durationMs: 3 }
  const request = { method: 'GET', path: '/', status: null, ...sizes }
  emitRequest(state, request)
  t.same(events, [{ type: 'request', ...FACTS, ...request }])
})

t.test('how a race ended, with an error only where there was one', async t => {
  const { state, events } = createState()
  const trace: RaceTrace = { v: 1, config: raceConfig(), entries: [] }
  const error = { code: 'ERR_RACE_FAILED', message: 'connect ECONNREFUSED' }
  const summary = summarise(trace)
  emitRace(state, 'won', 0, trace, summary)
  emitRace(state, 'failed', 5, trace, summary, error)
  t.strictSame(events, [
    { type: 'race', ...FACTS, outcome: 'won', reply: 0, trace, summary },
    { type: 'race', ...FACTS, outcome: 'failed', reply: 5, trace, summary, error },
  ])
})

t.test('a failed race is a rejection if nothing was attempted', async t => {
  const { state, events } = createState()
  const error = { code: 'ERR_LOOP', message: 'a loop' }
  const summary = {} as unknown as RaceSummary
  const trace = {} as unknown as RaceTrace
  emitFailed(state, { error, outcome: 'loop', summary, rejected: 'loop' }, trace, 2)
  emitFailed(state, { error, outcome: 'refused', summary }, trace, null)
  emitRejected(state, 'protocol', 'the race broke', null)
  t.same(events, [
    { type: 'rejected', ...FACTS, reason: 'loop', message: 'a loop', probe: false, reply: 2 },
    { type: 'race', ...FACTS, outcome: 'failed', reply: null, trace, summary, error },
    { type: 'rejected', ...FACTS, reason: 'protocol', message: 'the race broke', probe: false },
  ])
})
