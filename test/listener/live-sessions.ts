import t from 'tap'

import type { LiveSession } from '../../src/listener/live-sessions.ts'
import { createLiveSession, createLiveSessions } from '../../src/listener/live-sessions.ts'
import { liveAccepted } from '../fixtures/live-accepted.ts'

t.test('all are ended, also where one leaves the set as it ends', async t => {
  const sessions = createLiveSessions()
  const ended: string[] = []
  const first: LiveSession = createLiveSession(liveAccepted('s'), () => {
    ended.push('first')
    sessions.delete(first)
  })
  const second = createLiveSession(liveAccepted('s'), () => void ended.push('second'))
  sessions.add(first)
  sessions.add(second)
  t.equal(sessions.size(), 2)
  sessions.endAll()
  t.same(ended.toSorted(), ['first', 'second'])
  t.equal(sessions.size(), 1)
  sessions.endAll()
  t.same(ended.toSorted(), ['first', 'second', 'second'])
})

t.test('the callback for the last session is called once', async t => {
  const sessions = createLiveSessions()
  let calls = 0
  sessions.whenEmpty(() => calls++)
  t.equal(calls, 1, 'at once where none is open')
  const one = createLiveSession(liveAccepted('s'), () => {})
  const two = createLiveSession(liveAccepted('s'), () => {})
  sessions.add(one)
  sessions.add(two)
  sessions.whenEmpty(() => calls++)
  t.equal(sessions.delete(one), true)
  t.equal(sessions.delete(one), false)
  t.equal(calls, 1)
  sessions.delete(two)
  t.equal(calls, 2)
  sessions.add(one)
  sessions.delete(one)
  t.equal(calls, 2)
})

t.test('whichever leaves, the others stay', async t => {
  for (const leaves of [0, 1, 2]) {
    const sessions = createLiveSessions()
    const ended: number[] = []
    const all = [0, 1, 2].map(n => createLiveSession(liveAccepted('s'), () => void ended.push(n)))
    for (const each of all) sessions.add(each)
    for (const each of all.slice(leaves, leaves + 1)) sessions.delete(each)
    t.equal(sessions.size(), 2)
    sessions.endAll()
    t.same(
      ended.toSorted((a, b) => a - b),
      [0, 1, 2].filter(n => n !== leaves),
    )
  }
})

t.test('connections of a revoked account are ended, and no others', async t => {
  const sessions = createLiveSessions()
  const ended: string[] = []
  for (const state of ['valid', 'removed', 'revoked', null] as const) {
    const session = createLiveSession(liveAccepted('s'), () => void ended.push(String(state)))
    session.account = state && { user: 'eve', state }
    sessions.add(session)
  }
  sessions.endRevoked()
  t.same(ended, ['revoked'])
})

t.test('a connection without a pipe is described by its session, if it has one', async t => {
  const session = createLiveSession(liveAccepted('s', 7, 'c9'), () => {})
  t.equal(session.acceptedAt, 7)
  const facts = { conn: 'c9', listener: 's', client: '192.0.2.1:7' }
  const none = { protocol: null, user: null, target: null }
  t.same(session.describe(), { ...facts, ...none, state: 'handshake', winner: null })
  const greeted = { protocol: 'socks5', user: 'eve', target: null } as const
  session.progress = greeted
  t.same(session.describe(), { ...facts, ...greeted, state: 'handshake', winner: null })
  session.progress = { ...greeted, target: 'a:1' }
  t.same(session.describe(), { ...facts, ...session.progress, state: 'race', winner: null })
})
