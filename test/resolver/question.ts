import t from 'tap'
import { createRequester } from '../../src/core/requester.ts'
import {
  createQuestion,
  createTicket,
  createUnwanted,
  isWaiting,
  release,
} from '../../src/resolver/question.ts'

t.test('a question waits until it has a turn', async t => {
  const question = createQuestion('A a.example', 'a.example', 'A')
  t.match(question, { key: 'A a.example', name: 'a.example', record: 'A', isListed: false })
  t.equal(isWaiting(question), true)
  question.turn = createTicket()
  t.equal(isWaiting(question), false)
  const requester = createRequester()
  t.match(createUnwanted(question, requester), { question, owner: requester, isListed: false })
})

t.test('a turn is given back once, and not while it is kept', async t => {
  const ticket = createTicket()
  let left = 0
  ticket.leave = () => left++
  ticket.kept = true
  release(ticket)
  t.equal(left, 0)
  ticket.kept = false
  release(ticket)
  release(ticket)
  t.equal(left, 1)
})
