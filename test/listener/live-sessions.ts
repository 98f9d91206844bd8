import t from 'tap'

import { createLiveSessions } from '../../src/listener/live-sessions.ts'

t.test('all are ended, also where one leaves the set as it ends', async t => {
  const sessions = createLiveSessions()
  const ended: string[] = []
  const first = {
    end: () => {
      ended.push('first')
      sessions.delete(first)
    },
  }
  const second = { end: () => void ended.push('second') }
  sessions.add(first)
  sessions.add(second)
  t.equal(sessions.size(), 2)
  sessions.endAll()
  t.same(ended, ['first', 'second'])
  t.equal(sessions.size(), 1)
  sessions.endAll()
  t.same(ended, ['first', 'second', 'second'])
})

t.test('who waits for the last is told once', async t => {
  const sessions = createLiveSessions()
  let told = 0
  sessions.whenEmpty(() => told++)
  t.equal(told, 1, 'at once where none is open')
  const one = { end: () => {} }
  const two = { end: () => {} }
  sessions.add(one)
  sessions.add(two)
  sessions.whenEmpty(() => told++)
  t.equal(sessions.delete(one), true)
  t.equal(sessions.delete(one), false)
  t.equal(told, 1)
  sessions.delete(two)
  t.equal(told, 2)
  sessions.add(one)
  sessions.delete(one)
  t.equal(told, 2)
})
