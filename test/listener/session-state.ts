import t from 'tap'
import { createRequester, settleAbandoned } from '../../src/core/requester.ts'
import { factsOf, finish, leaveRace } from '../../src/listener/session-state.ts'
import { createState, FACTS } from '../fixtures/session-state.ts'

t.test('the facts, and the end', async t => {
  const { state, sessions, left, places } = createState()
  t.same(factsOf(state), FACTS)
  t.same(left, [])
  finish(state)
  finish(state)
  t.same(left, [[places, 'eve']], 'once')
  t.equal(sessions.size(), 0)
})

t.test('the race of a session that leaves is ended, if there is one', async t => {
  const { state } = createState()
  leaveRace(state)
  t.equal(state.left, true)
  let calls = 0
  state.leaveRace = () => void calls++
  leaveRace(state)
  t.equal(calls, 1)
})

t.test('a place is given back when the queries that were asked for it alone are over', async t => {
  const { state, sessions, left, places } = createState()
  const requester = createRequester('192.0.2.1')
  state.requester = requester
  requester.abandoned = 2
  finish(state)
  t.equal(sessions.size(), 0, 'nobody waits for it at the end of the daemon')
  settleAbandoned(requester)
  t.same(left, [])
  settleAbandoned(requester)
  t.same(left, [[places, 'eve']])
})

t.test('one that owes nothing gives it back at once', async t => {
  const { state, left, places } = createState()
  state.requester = createRequester('192.0.2.1')
  finish(state)
  t.same(left, [[places, 'eve']])
})
