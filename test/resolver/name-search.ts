import t from 'tap'
import type { RecordType } from '../../src/core/ip.ts'
import type { Answer, LookupCode } from '../../src/resolver/types.ts'
import { startNameSearch } from '../../src/resolver/name-search.ts'
import { createScriptedQuery } from '../fixtures/scripted-query.ts'

const A: Answer = { ok: true, addresses: ['192.0.2.1'], ttl: 60, source: 'dns' }
const AAAA: Answer = { ok: true, addresses: ['2001:db8::1'], ttl: 60, source: 'dns' }
const bad = (code: LookupCode): Answer => ({ ok: false, code, source: 'dns' })
const NXDOMAIN = bad('ENOTFOUND')
const NODATA = bad('ENODATA')
/** What a cache says in place of a server that is silent, while it is asked again. */
const STALE: Answer = { ...NXDOMAIN, source: 'stale', refreshing: true }

const start = (names = ['n1', 'n2', 'n3'], records: RecordType[] = ['AAAA', 'A']) => {
  const { query, asked, answer } = createScriptedQuery()
  const search = startNameSearch(names, records, query)
  const got: Partial<Record<RecordType, Answer>> = {}
  for (const record of records) search.wait(record, each => (got[record] = each))
  return { search, got, asked, answer }
}

t.test('both families of the first name are asked, AAAA first', async t => {
  const { asked } = start()
  t.same(asked(), ['AAAA n1', 'A n1'])
})

t.test('a positive answer in either family ends the search for both', async t => {
  const { search, got, asked, answer } = start()
  let done = 0
  search.onDone(() => done++)
  answer('AAAA n1', AAAA)
  t.same(got, { AAAA }, 'at once, whatever the other does')
  t.equal(done, 0)
  answer('A n1', NODATA)
  t.same(got, { AAAA, A: NODATA })
  t.same(asked().length, 2)
  t.ok(search.done())
  t.equal(done, 1)
})

t.test('a working family is answered though the query of the other is dead', async t => {
  for (const [record, value, other] of [
    ['AAAA', AAAA, 'A'],
    ['A', A, 'AAAA'],
  ] as const) {
    const { got, answer } = start()
    answer(`${record} n1`, NXDOMAIN)
    answer(`${record} n2`, value)
    t.same(got, { [record]: value })
    answer(`${other} n2`, bad('ETIMEDOUT'))
    t.same(got, { [record]: value, [other]: bad('ETIMEDOUT') })
  }
})

t.test('NXDOMAIN in one family moves on at once', async t => {
  const { got, asked, answer } = start()
  answer('A n1', NXDOMAIN)
  t.same(asked().slice(2), ['AAAA n2', 'A n2'])
  answer('AAAA n1', NXDOMAIN)
  t.equal(asked().length, 4, 'and once')
  answer('A n2', A)
  answer('AAAA n2', AAAA)
  t.same(got, { AAAA, A })
})

t.test('no data in one family waits for the other', async t => {
  const { got, asked, answer } = start()
  answer('AAAA n1', NODATA)
  t.equal(asked().length, 2)
  answer('A n1', A)
  t.same(got, { AAAA: NODATA, A }, 'the A of this name, not the AAAA of the next')
})

t.test('no data in both families moves on', async t => {
  const { got, asked, answer } = start(['n1', 'n2'])
  answer('AAAA n1', NODATA)
  answer('A n1', NODATA)
  t.equal(asked().length, 4)
  answer('AAAA n2', NXDOMAIN)
  answer('A n2', NXDOMAIN)
  t.same(got, { AAAA: NODATA, A: NODATA }, 'a name that exists differs from one that does not')
})

t.test('SERVFAIL goes on to the next name', async t => {
  const { got, asked, answer } = start(['n1', 'n2'])
  answer('AAAA n1', bad('ESERVFAIL'))
  answer('A n1', NODATA)
  t.same(asked().slice(2), ['AAAA n2', 'A n2'])
  answer('AAAA n2', NXDOMAIN)
  answer('A n2', NXDOMAIN)
  t.same(got, { AAAA: bad('ESERVFAIL'), A: NODATA })
})

t.test('a timeout or a refusal ends the search', async t => {
  for (const code of ['ETIMEDOUT', 'EREFUSED', 'ECONNREFUSED', 'ECANCELLED'] as const) {
    const { got, asked, answer } = start()
    answer('AAAA n1', NXDOMAIN)
    answer('A n1', NXDOMAIN)
    answer('AAAA n2', bad(code))
    t.same(got, {}, 'the other family may still bring an address')
    answer('A n2', NODATA)
    t.same(got, { AAAA: bad(code), A: NODATA }, code)
    t.equal(asked().length, 4)
  }
})

t.test('where all names are tried, each family is answered by itself', async t => {
  const { search, got, answer } = start(['n1', 'n2'])
  answer('AAAA n1', NXDOMAIN)
  answer('AAAA n2', NXDOMAIN)
  t.same(got, { AAAA: NXDOMAIN })
  answer('A n2', NXDOMAIN)
  t.notOk(search.done())
  answer('A n1', bad('ETIMEDOUT'))
  t.same(got, { AAAA: NXDOMAIN, A: bad('ETIMEDOUT') })
})

t.test('RFC 4074 section 4.2: NXDOMAIN for AAAA does not hide an A record', async t => {
  const { got, answer } = start(['n1', 'n2'])
  answer('AAAA n1', NXDOMAIN)
  answer('A n1', A)
  t.same(got, { AAAA: NXDOMAIN, A })
  answer('AAAA n2', AAAA)
  answer('A n2', A)
  t.same(got, { AAAA: NXDOMAIN, A }, 'and no other name comes in after that')

  const late = start(['n1', 'n2'])
  late.answer('AAAA n1', NXDOMAIN)
  late.answer('AAAA n2', NXDOMAIN)
  late.answer('A n2', NXDOMAIN)
  late.answer('A n1', A)
  t.same(late.got, { AAAA: NXDOMAIN, A }, 'also after the last name')
})

t.test('both families are of one name, whatever comes in whatever order', async t => {
  const { got, answer } = start(['n1', 'n2'])
  answer('A n1', NXDOMAIN)
  answer('AAAA n2', AAAA)
  answer('AAAA n1', AAAA)
  answer('A n2', A)
  t.same(got, { AAAA, A })
})

t.test('one family alone', async t => {
  const { search, got, asked, answer } = start(['n1', 'n2'], ['A'])
  answer('A n1', NODATA)
  answer('A n2', A)
  t.same(asked(), ['A n1', 'A n2'])
  t.same(got, { A })
  t.ok(search.done())
})

t.test('answers from memory: the search is over before it is waited for', async t => {
  const asked: string[] = []
  const search = startNameSearch(['n1', 'n2', 'n3'], ['AAAA', 'A'], (name, record, settle) => {
    asked.push(`${record} ${name}`)
    settle(name === 'n2' ? { AAAA, A }[record] : NXDOMAIN)
  })
  t.ok(search.done())
  t.same(asked, ['AAAA n1', 'A n1', 'AAAA n2', 'A n2'])
  let got: Answer | undefined
  search.wait('A', answer => (got = answer))
  t.equal(got, A)
})

t.test('a stale answer that changes is passed on, and stands for whoever comes later', async t => {
  const scripted = createScriptedQuery()
  const { wait } = startNameSearch(['n1', 'n2'], ['AAAA', 'A'], scripted.query)
  const updates: Answer[] = []
  let got: Answer | undefined
  const listen = () =>
    wait(
      'A',
      each => (got = each),
      each => updates.push(each),
    )
  listen()
  listen()
  wait('A', () => {})
  const stale: Answer = { ...A, source: 'stale', refreshing: true }
  scripted.answer('A n1', stale)
  t.equal(got, stale)
  const other: Answer = { ok: true, addresses: ['192.0.2.2'], ttl: 60, source: 'dns' }
  scripted.renew('A n1', other)
  t.same(updates, [other, other])
  listen()
  t.equal(got, other, 'while the other family is still asked for')
  scripted.answer('AAAA n1', { ...AAAA, refreshing: true })
  scripted.renew('AAAA n1', NODATA)
  t.same(updates, [other, other], 'each family for itself')
})

t.test('a name that was passed over moves nothing when it changes', async t => {
  const scripted = createScriptedQuery()
  const { wait } = startNameSearch(['n1', 'n2'], ['AAAA', 'A'], scripted.query)
  const updates: Answer[] = []
  const got: Partial<Record<RecordType, Answer>> = {}
  for (const record of ['AAAA', 'A'] as const) {
    wait(
      record,
      each => (got[record] = each),
      each => updates.push(each),
    )
  }
  const other: Answer = { ok: true, addresses: ['192.0.2.9'], ttl: 60, source: 'dns' }
  scripted.answer('AAAA n1', NXDOMAIN)
  scripted.answer('A n1', STALE)
  scripted.renew('A n1', other)
  t.same(got, {})
  scripted.answer('A n2', A)
  scripted.answer('AAAA n2', AAAA)
  t.same(got, { A, AAAA })
  scripted.renew('A n1', other)
  t.same(updates, [])
})

t.test('a family whose answer changed before the search had an end has the new one', async t => {
  const scripted = createScriptedQuery()
  const { wait } = startNameSearch(['n1', 'n2'], ['AAAA', 'A'], scripted.query)
  let got: Answer | undefined
  wait('A', each => (got = each))
  scripted.answer('A n1', { ...NODATA, refreshing: true })
  scripted.renew('A n1', A)
  t.equal(got, undefined, 'it is judged with the other one')
  scripted.answer('AAAA n1', AAAA)
  t.equal(got, A)
})

/** A search over two names that has ended without an address, by answers of which the first is stale. */
const failedWalk = (stale: Answer = STALE) => {
  const scripted = createScriptedQuery()
  const { wait } = startNameSearch(['n1', 'n2'], ['AAAA', 'A'], scripted.query)
  const got: Partial<Record<RecordType, Answer>> = {}
  const updates: [RecordType, Answer][] = []
  for (const record of ['AAAA', 'A'] as const) {
    wait(
      record,
      each => (got[record] = each),
      each => updates.push([record, each]),
    )
  }
  scripted.answer('A n1', stale)
  scripted.answer('AAAA n1', NXDOMAIN)
  for (const record of ['AAAA', 'A'] as const) scripted.answer(`${record} n2`, NXDOMAIN)
  return { got, updates, ...scripted }
}

t.test('a search without an address is refreshed as long as any of its answers is', async t => {
  const { got, updates, renew } = failedWalk()
  t.match(got, { AAAA: { ok: false, refreshing: true }, A: { ok: false, refreshing: true } })
  renew('A n1', NXDOMAIN)
  t.same(updates, [
    ['AAAA', NXDOMAIN],
    ['A', NXDOMAIN],
  ])
  const known = failedWalk(NXDOMAIN)
  t.same(known.got, { AAAA: NXDOMAIN, A: NXDOMAIN })
})

t.test('a name that has an address when all are refreshed ends it after all', async t => {
  const { updates, renew } = failedWalk()
  renew('A n1', A)
  t.same(updates, [
    ['AAAA', NXDOMAIN],
    ['A', A],
  ])

  const scripted = createScriptedQuery()
  const { wait } = startNameSearch(['n1', 'n2'], ['A'], scripted.query)
  const later: Answer[] = []
  wait(
    'A',
    () => {},
    each => later.push(each),
  )
  scripted.answer('A n1', STALE)
  scripted.answer('A n2', STALE)
  const second: Answer = { ok: true, addresses: ['192.0.2.2'], ttl: 60, source: 'dns' }
  scripted.renew('A n2', second)
  t.same(later, [], 'the first name may have one too')
  scripted.renew('A n1', A)
  t.same(later, [A], 'and comes first')
})

t.test(
  'an address that comes after the end of the search is passed on to who waits for a refresh',
  async t => {
    const scripted = createScriptedQuery()
    const { wait } = startNameSearch(['n1', 'n2'], ['AAAA', 'A'], scripted.query)
    const got: Answer[] = []
    const updates: Answer[] = []
    wait(
      'AAAA',
      each => got.push(each),
      each => updates.push(each),
    )
    scripted.answer('AAAA n1', STALE)
    scripted.answer('AAAA n2', NXDOMAIN)
    scripted.answer('A n2', NXDOMAIN)
    t.match(got, [{ code: 'ENOTFOUND', refreshing: true }])
    scripted.answer('A n1', A)
    t.same(updates, [], 'its own is still refreshed')
    scripted.renew('AAAA n1', AAAA)
    t.same(updates, [AAAA])
  },
)

t.test('and the refresh of a name that has no part in that is not waited for', async t => {
  const scripted = createScriptedQuery()
  const { wait } = startNameSearch(['n1', 'n2'], ['AAAA', 'A'], scripted.query)
  const got: Answer[] = []
  const updates: Answer[] = []
  wait(
    'AAAA',
    each => got.push(each),
    each => updates.push(each),
  )
  scripted.answer('AAAA n1', NXDOMAIN)
  scripted.answer('A n2', STALE)
  scripted.answer('AAAA n2', NXDOMAIN)
  t.match(got, [{ code: 'ENOTFOUND', refreshing: true }], 'it may still be the one')
  scripted.answer('A n1', A)
  t.same(updates, [NXDOMAIN])
})

t.test('a wait that is ended hears nothing, neither an answer nor an update', async t => {
  const scripted = createScriptedQuery()
  const { wait } = startNameSearch(['n1'], ['AAAA', 'A'], scripted.query)
  const heard: string[] = []
  const listen = (who: string) =>
    wait(
      'A',
      () => heard.push(`${who} answer`),
      () => heard.push(`${who} update`),
    )
  const [one, two] = [listen('one'), listen('two')]
  listen('three')
  one()
  scripted.answer('A n1', STALE)
  two()
  scripted.renew('A n1', { ok: true, addresses: ['192.0.2.9'], ttl: 60, source: 'dns' })
  t.same(heard, ['two answer', 'three answer', 'three update'])
})

t.test(
  'a source that does not distinguish NXDOMAIN from NODATA is asked for both families of a name',
  async t => {
    const scripted = createScriptedQuery()
    const { wait } = startNameSearch(['n1', 'n2'], ['AAAA', 'A'], scripted.query, false)
    const got: Answer[] = []
    wait('A', each => got.push(each))
    scripted.answer('AAAA n1', NXDOMAIN)
    t.same(scripted.asked(), ['AAAA n1', 'A n1'])
    scripted.answer('A n1', A)
    t.same(got, [A])
  },
)
