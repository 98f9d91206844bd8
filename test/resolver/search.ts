import t from 'tap'
import type { Requester } from '../../src/core/requester.ts'
import { addWait, createRequester, settleAbandoned, leave } from '../../src/core/requester.ts'
import type { RecordType } from '../../src/core/ip.ts'
import { candidateNames, createSearchWaiters, createSearch } from '../../src/resolver/search.ts'
import type { Answer } from '../../src/resolver/types.ts'
import { createScriptedQuery } from '../fixtures/scripted-query.ts'

const A: Answer = { ok: true, addresses: ['192.0.2.1'], ttl: 60, source: 'dns' }
const NXDOMAIN: Answer = { ok: false, code: 'ENOTFOUND', source: 'dns' }
const NODATA: Answer = { ok: false, code: 'ENODATA', source: 'dns' }

t.test('the order of names is decided by the number of dots', async t => {
  const search = ['a.example', 'b.example']
  t.same(candidateNames('db', { search, ndots: 1 }), ['db.a.example', 'db.b.example', 'db'])
  t.same(candidateNames('db.x', { search, ndots: 1 }), ['db.x', 'db.x.a.example', 'db.x.b.example'])
  t.same(candidateNames('db.x', { search, ndots: 2 }), ['db.x.a.example', 'db.x.b.example', 'db.x'])
  t.same(candidateNames('db', { search, ndots: 0 }), ['db', 'db.a.example', 'db.b.example'])
  t.same(candidateNames('db', { search: [], ndots: 5 }), ['db'])
  t.same(candidateNames('db', { search: ['', 'a.example'], ndots: 1 }), ['db', 'db.a.example'])
})

t.test('a name that would be too long is not tried', async t => {
  const long = `${'a'.repeat(60)}.`.repeat(4) + 'aaaaa'
  t.equal(long.length, 249)
  t.same(candidateNames(long, { search: ['x', 'abc', 'abcd'], ndots: 9 }), [
    `${long}.x`,
    `${long}.abc`,
    long,
  ])
})

const setUp = (search = ['a.example']) => {
  const scripted = createScriptedQuery()
  const query = createSearch(
    scripted.query,
    () => ({ search, ndots: 1 }),
    () => ['AAAA', 'A'],
  )
  return { ...scripted, query }
}

t.test('an absolute name is asked as it is, and only the type that is wanted', async t => {
  const { query, asked } = setUp()
  query('db', true, 'A', () => {})
  t.same(asked(), ['A db'])
})

t.test('without search domains too', async t => {
  const { query, asked, answer } = setUp([])
  let got: Answer | undefined
  query('db', false, 'AAAA', each => (got = each))
  answer('AAAA db', NXDOMAIN)
  t.equal(got, NXDOMAIN)
  t.equal(asked().length, 1)
})

t.test('all who look up a name share one search while it lasts', async t => {
  const { query, asked, answer } = setUp()
  const got: Answer[] = []
  for (let i = 0; i < 50; i++) {
    query('db', false, 'AAAA', each => got.push(each))
    query('db', false, 'A', each => got.push(each))
  }
  t.same(asked(), ['AAAA db.a.example', 'A db.a.example'])
  answer('A db.a.example', A)
  t.equal(got.length, 50)
  query('db', false, 'A', each => got.push(each))
  t.equal(got.length, 51, 'one who comes late gets what is known')
  t.equal(asked().length, 2)
  answer('AAAA db.a.example', NODATA)
  t.equal(got.length, 101)

  query('db', false, 'A', () => {})
  t.equal(asked().length, 4, 'after its end a new one begins')
})

t.test('a search that memory answers is not kept', async t => {
  let asked = 0
  const query = createSearch(
    (_name, _record, settle) => {
      asked++
      settle(A)
    },
    () => ({ search: ['a.example'], ndots: 1 }),
    () => ['AAAA', 'A'],
  )
  let got = 0
  query('db', false, 'A', () => got++)
  query('db', false, 'A', () => got++)
  t.equal(got, 2)
  t.equal(asked, 4)
})

t.test('families that change during a search begin another one', async t => {
  let records: readonly RecordType[] = ['A']
  const scripted = createScriptedQuery()
  const query = createSearch(
    scripted.query,
    () => ({ search: ['a.example'], ndots: 1 }),
    () => records,
  )
  query('db', false, 'A', () => {})
  t.same(scripted.asked(), ['A db.a.example'])
  records = ['AAAA', 'A']
  query('db', false, 'AAAA', () => {})
  t.same(scripted.asked().slice(1), ['AAAA db.a.example', 'A db.a.example'])
})

t.test('a later answer is passed on, with search domains and without', async t => {
  for (const [absolute, question] of [
    [true, 'A db'],
    [false, 'A db.a.example'],
  ] as const) {
    const { query, answer, renew } = setUp()
    const updates: Answer[] = []
    const listen = () =>
      query(
        'db',
        absolute,
        'A',
        () => {},
        each => updates.push(each),
      )
    listen()
    if (!absolute) listen()
    answer(question, { ...A, refreshing: true })
    renew(question, NODATA)
    t.same(updates, absolute ? [NODATA] : [NODATA, NODATA])
  }
})

t.test(
  'each client has searches of its own; their queries are one query each elsewhere',
  async t => {
    const { query, asked } = setUp()
    const [one, two] = [createRequester('192.0.2.1'), createRequester('192.0.2.2')]
    query('db', false, 'A', () => {}, undefined, one)
    query('db', false, 'AAAA', () => {}, undefined, one)
    t.equal(asked().length, 2)
    query('db', false, 'A', () => {}, undefined, two)
    t.equal(asked().length, 4)
  },
)

t.test('a search that nobody waits for any more is given up', async t => {
  const requesters: (Requester | undefined)[] = []
  const settles: ((answer: Answer) => void)[] = []
  const query = createSearch(
    (_name, _record, settle, _update, requester) => {
      requesters.push(requester)
      settles.push(settle)
    },
    () => ({ search: ['a.example'], ndots: 1 }),
    () => ['AAAA', 'A'],
  )
  const [one, two] = [createRequester('192.0.2.1'), createRequester('192.0.2.1')]
  const got: Answer[] = []
  for (const requester of [one, two])
    query('db', false, 'A', each => got.push(each), undefined, requester)
  const [waiters] = requesters
  t.match(waiters, { client: '192.0.2.1', left: false })
  t.equal(requesters.length, 2)
  leave(one)
  t.equal(waiters?.left, false)
  leave(two)
  t.equal(waiters?.left, true)
  query('db', false, 'A', each => got.push(each), undefined, createRequester('192.0.2.1'))
  t.equal(requesters.length, 4, 'whoever comes has another search')
  for (const settle of settles.slice(2)) settle(A)
  t.same(got, [{ ...A, fullName: 'db.a.example' }], 'who has left hears nothing')
  query('db', false, 'A', each => got.push(each), undefined, one)
  t.match(got[1], { code: 'ECANCELLED' })
})

t.test('who waits for a refresh still waits, and who has left hears of none', async t => {
  const requesters: (Requester | undefined)[] = []
  const updates: ((answer: Answer) => void)[] = []
  const query = createSearch(
    (_name, record, settle, update, requester) => {
      requesters.push(requester)
      if (update) updates.push(update)
      settle(record === 'A' ? { ...A, refreshing: true } : NODATA)
    },
    () => ({ search: ['a.example'], ndots: 1 }),
    () => ['AAAA', 'A'],
  )
  const [one, two] = [createRequester('192.0.2.1'), createRequester('192.0.2.1')]
  const heard: string[] = []
  for (const [who, requester] of [
    ['one', one],
    ['two', two],
  ] as const) {
    query(
      'db',
      false,
      'A',
      () => heard.push(`${who} answer`),
      () => heard.push(`${who} update`),
      requester,
    )
  }
  const [waiters] = requesters
  leave(one)
  t.equal(waiters?.left, true, 'each search ended at once, so each has a waiters of its own')
  t.equal(requesters.at(-1)?.left, false)
  for (const update of updates) update(A)
  t.same(heard, ['one answer', 'two answer', 'two update'])
  leave(two)
  t.equal(requesters.at(-1)?.left, false, 'nothing is left to be given up')
})

t.test('an answer says which name it is of, and its update too', async t => {
  const { query, answer, renew } = setUp()
  const got: Answer[] = []
  query(
    'db',
    false,
    'A',
    each => got.push(each),
    each => got.push(each),
  )
  answer('AAAA db.a.example', NODATA)
  answer('A db.a.example', { ...A, source: 'stale', refreshing: true })
  renew('A db.a.example', A)
  t.match(got, [
    { source: 'stale', refreshing: true, fullName: 'db.a.example' },
    { source: 'dns', fullName: 'db.a.example' },
  ])
})

t.test('the name asked for needs no word', async t => {
  const { query, answer } = setUp()
  let got: Answer | undefined
  query('db', false, 'A', each => (got = each))
  for (const record of ['AAAA', 'A']) answer(`${record} db.a.example`, NXDOMAIN)
  answer('A db', A)
  t.equal(got, A)
})

const setUpWaiters = () => {
  const calls: string[] = []
  const waiters = createSearchWaiters('192.0.2.1', () => calls.push('empty'))
  addWait(waiters.requester, { drop: () => calls.push('left') })
  return { waiters, calls }
}

t.test('it leaves with the last who waits', async t => {
  const { waiters, calls } = setUpWaiters()
  const [one, two] = [createRequester(), createRequester()]
  waiters.join(one, () => calls.push('one'))
  waiters.join(two, () => calls.push('two'))
  t.equal(waiters.requester.client, '192.0.2.1')
  leave(one)
  t.same(calls, ['one'])
  leave(two)
  t.same(calls, ['one', 'two', 'empty', 'left'])
})

t.test('who has had an answer does not count', async t => {
  const { waiters, calls } = setUpWaiters()
  const [one, two] = [createRequester(), createRequester()]
  const answered = waiters.join(one, () => calls.push('one'))
  waiters.join(two, () => calls.push('two'))
  answered()
  answered()
  leave(one)
  t.same(calls, ['one'])
  leave(two)
  t.same(calls, ['one', 'two', 'empty', 'left'])
})

t.test('the process itself never leaves', async t => {
  const { waiters, calls } = setUpWaiters()
  const one = createRequester()
  waiters.join(undefined, () => calls.push('process'))
  waiters.join(one, () => calls.push('one'))
  leave(one)
  t.same(calls, ['one'])
})

t.test('what is in flight is abandoned by the last', async t => {
  const { waiters } = setUpWaiters()
  const [one, two] = [createRequester(), createRequester()]
  waiters.join(one, () => {})
  waiters.join(two, () => {})
  addWait(waiters.requester, { drop: () => (waiters.requester.abandoned += 2) })
  leave(one)
  leave(two)
  t.same([one.abandoned, two.abandoned], [0, 1])
  settleAbandoned(waiters.requester)
  t.equal(two.abandoned, 1)
  settleAbandoned(waiters.requester)
  t.equal(two.abandoned, 0)
})
