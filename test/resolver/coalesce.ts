import t from 'tap'
import { coalesce } from '../../src/resolver/coalesce.ts'
import type { Answer } from '../../src/resolver/types.ts'
import { createScriptedQuery } from '../fixtures/scripted-query.ts'

const GOOD: Answer = { ok: true, addresses: ['192.0.2.1'], ttl: 60, source: 'dns' }

t.test('one query for each name and type, and each caller gets its answer', async t => {
  const scripted = createScriptedQuery()
  const { query, pending } = coalesce(scripted.query)
  const got: Answer[] = []
  for (let i = 0; i < 50; i++) {
    query('a.example', 'A', answer => got.push(answer))
    query('a.example', 'AAAA', () => {})
    query('b.example', 'A', () => {})
  }
  t.same(scripted.asked(), ['A a.example', 'AAAA a.example', 'A b.example'])
  t.equal(pending(), 3)
  scripted.answer('A a.example', GOOD)
  t.equal(got.length, 50)
  t.equal(pending(), 2)
})

t.test('after an answer the next caller asks again, also from within the answer', async t => {
  const scripted = createScriptedQuery()
  const { query } = coalesce(scripted.query)
  let again = 0
  query('a.example', 'A', () => query('a.example', 'A', () => again++))
  scripted.answer('A a.example', GOOD)
  t.equal(again, 0)
  scripted.answer('A a.example', GOOD)
  t.equal(again, 1)
  t.equal(scripted.asked().length, 2)
})

t.test('an answer from memory comes through at once', async t => {
  const { query, pending } = coalesce((_name, _record, settle) => settle(GOOD))
  let got: Answer | undefined
  query('a.example', 'A', answer => (got = answer))
  t.equal(got, GOOD)
  t.equal(pending(), 0)
})

t.test('close answers all, once, and what comes later is dropped', async t => {
  const scripted = createScriptedQuery()
  const { query, close, pending } = coalesce(scripted.query)
  const got: Answer[] = []
  query('a.example', 'A', answer => got.push(answer))
  query('a.example', 'A', answer => got.push(answer))
  close()
  scripted.answer('A a.example', GOOD)
  t.equal(pending(), 0)
  const cancelled: Answer = { ok: false, code: 'ECANCELLED', source: 'dns' }
  t.same(got, [cancelled, cancelled])
  query('b.example', 'A', answer => got.push(answer))
  t.match(got[2], { code: 'ECANCELLED' })
  t.equal(scripted.asked().length, 1)
})

t.test('after a detach each side has its own query', async t => {
  const scripted = createScriptedQuery()
  const { query, detach, pending, close } = coalesce(scripted.query)
  const other: Answer = { ok: true, addresses: ['192.0.2.2'], ttl: 60, source: 'dns' }
  const before: Answer[] = []
  const after: Answer[] = []
  query('a.example', 'A', answer => before.push(answer))
  detach()
  query('a.example', 'A', answer => after.push(answer))
  t.equal(scripted.asked().length, 2)
  t.equal(pending(), 2)
  scripted.answer('A a.example', GOOD)
  t.same([before, after], [[GOOD], []])
  query('a.example', 'A', answer => after.push(answer))
  t.equal(scripted.asked().length, 2, 'the second query is still joined')
  scripted.answer('A a.example', other)
  t.same(after, [other, other])
  query('b.example', 'A', answer => before.push(answer))
  detach()
  close()
  t.match(before[1], { code: 'ECANCELLED' }, 'who was left to his own is told of the end too')
  t.equal(pending(), 0)
})
