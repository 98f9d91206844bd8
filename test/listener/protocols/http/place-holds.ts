import t from 'tap'
import type { Requester } from '../../../../src/core/requester.ts'
import { createRequester, settleAbandoned } from '../../../../src/core/requester.ts'
import { createPlaceHolds } from '../../../../src/listener/protocols/http/place-holds.ts'
import { createState } from '../../../fixtures/session-state.ts'

t.test('the place is kept until everything is closed', async t => {
  const { state, sessions, left, places } = createState()
  const { hold } = createPlaceHolds(state, () => [])
  const releases = [hold(), hold(), hold()]
  releases[0]?.()
  releases[1]?.()
  t.same(left, [])
  t.equal(sessions.size(), 1)
  releases[2]?.()
  t.same(left, [[places, 'eve']])
  t.equal(sessions.size(), 0)
})

t.test('queries in flight keep the place, not the session', async t => {
  const { state, sessions, left, places } = createState()
  const requesters: Requester[] = [createRequester('a'), createRequester('b'), createRequester('c')]
  const [first, second] = requesters
  if (!first || !second) throw new Error('no requester')
  first.abandoned = 1
  second.abandoned = 1
  createPlaceHolds(state, () => requesters).hold()()
  t.equal(sessions.size(), 0)
  settleAbandoned(first)
  t.same(left, [])
  settleAbandoned(second)
  t.same(left, [[places, 'eve']])
})
