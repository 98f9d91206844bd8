import t from 'tap'
import { createRequester } from '../../src/core/requester.ts'
import {
  createPendingQuery,
  createQueueEntry,
  createAbandonedQuery,
  isWaiting,
  release,
} from '../../src/resolver/pending-query.ts'

t.test('a query waits until it has a turn', async t => {
  const query = createPendingQuery('A a.example', 'a.example', 'A')
  t.match(query, { key: 'A a.example', name: 'a.example', record: 'A', isListed: false })
  t.equal(isWaiting(query), true)
  query.slot = createQueueEntry()
  t.equal(isWaiting(query), false)
  const requester = createRequester()
  t.match(createAbandonedQuery(query, requester), {
    query,
    lastRequester: requester,
    isListed: false,
  })
})

t.test('a turn is given back once, and not while it is kept', async t => {
  const entry = createQueueEntry()
  let left = 0
  entry.leave = () => left++
  entry.kept = true
  release(entry)
  t.equal(left, 0)
  entry.kept = false
  release(entry)
  release(entry)
  t.equal(left, 1)
})
