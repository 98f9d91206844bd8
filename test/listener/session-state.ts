import t from 'tap'

import type { ListenerEvent } from '../../src/listener/events.ts'
import { createLiveSession, createLiveSessions } from '../../src/listener/live-sessions.ts'
import type { SessionState } from '../../src/listener/session-state.ts'
import { factsOf, finish, nothingMoved, tellClose } from '../../src/listener/session-state.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'

const createState = () => {
  const clock = createHandClock(100)
  const events: ListenerEvent[] = []
  const sessions = createLiveSessions()
  const left: unknown[] = []
  const places = { client: '192.0.2.1', taken: 1 }
  const live = createLiveSession(() => {})
  sessions.add(live)
  const state = {
    accepted: {
      conn: 'c1',
      listener: 'socks-1080',
      acceptedAt: 40,
      peer: { text: '192.0.2.1:7' },
      places,
    },
    parts: {
      clock,
      sessions,
      admission: { leave: (which: unknown) => left.push(which) },
      emit: (event: ListenerEvent) => void events.push(event),
    },
    live,
    phase: 'race',
    user: 'eve',
    target: 'example.com:443',
  } as unknown as SessionState
  return { state, events, sessions, left, places }
}

const FACTS = {
  conn: 'c1',
  listener: 'socks-1080',
  client: '192.0.2.1:7',
  user: 'eve',
  target: 'example.com:443',
}

t.test('the facts, the close line, and the end', async t => {
  const { state, events, sessions, left, places } = createState()
  t.same(factsOf(state), FACTS)
  tellClose(state, nothingMoved('drain'))
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
  t.same(left, [])
  finish(state)
  finish(state)
  t.same(left, [places], 'once')
  t.equal(sessions.size(), 0)
})
