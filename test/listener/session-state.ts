import t from 'tap'
import { factsOf, finish, leaveRace } from '../../src/listener/session-state.ts'
import { createState, FACTS } from '../fixtures/session-state.ts'

t.test('the facts, and the end', async t => {
  const { state, sessions, left, places } = createState()
  t.same(factsOf(state), FACTS)
  t.same(left, [])
  finish(state)
  finish(state)
  t.same(left, [places], 'once')
  t.equal(sessions.size(), 0)
})

t.test('a race that is left is told so, where there is one', async t => {
  const { state } = createState()
  leaveRace(state)
  t.equal(state.left, true)
  let told = 0
  state.leaveRace = () => void told++
  leaveRace(state)
  t.equal(told, 1)
})
