import t from 'tap'
import type { RacesAnswer } from '../../src/admin/api.ts'
import { keepRace } from '../../src/admin/kept-race.ts'
import { TURN_MS } from '../../src/admin/json-list.ts'
import { createRaceRoutes } from '../../src/admin/race-routes.ts'
import { createRecordMask } from '../../src/log/record-mask.ts'
import { adminRequest, bodyOf } from '../fixtures/admin-request.ts'
import { emptyView } from '../fixtures/daemon-view.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { failedEvent, wonEvent } from '../fixtures/race-trace.ts'

const rig = (max = 10) => {
  const { races: feed } = emptyView()
  feed.ring.resize(max)
  let mask = createRecordMask([])
  let refreshed = 0
  let onMask = (): void => {}
  const clock = createHandClock()
  const routes = createRaceRoutes({
    clock,
    feed: { ...feed, refresh: async () => void refreshed++ },
    mask: () => {
      onMask()
      return mask
    },
  })
  const ask = async (query = '') => {
    const answer = await routes.get('/races')?.answer(adminRequest(query))
    return { status: answer?.status, body: await bodyOf(answer) }
  }
  const races = async (query = '') => (JSON.parse((await ask(query)).body) as RacesAnswer).races
  return {
    ring: feed.ring,
    clock,
    slow: (run: () => void) => (onMask = run),
    routes,
    ask,
    races,
    ids: async (query = '') => (await races(query)).map(({ id }) => id),
    refreshed: () => refreshed,
    redact: (...paths: readonly string[]) => (mask = createRecordMask(paths)),
  }
}

t.test('the newest come first, as many as asked for', async t => {
  const { ring, ids, ask, refreshed } = rig()
  t.equal((await ask()).body, '{"races":[]}\n')
  for (let i = 0; i < 3; i++) ring.add(i, keepRace(wonEvent))
  t.same(await ids(), [3, 2, 1])
  t.same(await ids('?limit=2'), [3, 2])
  t.equal(refreshed(), 3)
  for (const query of [
    '?limit=0',
    '?limit=10001',
    '?limit=x',
    '?outcome=x',
    `?target=${'x'.repeat(300)}`,
  ]) {
    await t.rejects(ask(query), { code: 'ERR_INVALID_ARG', message: /: found .*; allowed: / })
  }
})

t.test('all filters apply', async t => {
  const { ring, ids } = rig()
  const hidden = { ...wonEvent, summary: { ...wonEvent.summary, hidden: true } }
  const plain = { ...wonEvent, summary: { ...wonEvent.summary, hidden: false } }
  ring.add(1, keepRace({ ...plain, target: 'A.example:1', client: '192.0.2.1:5' }))
  ring.add(2, keepRace({ ...hidden, target: null, client: 'unix' }))
  ring.add(3, keepRace({ ...failedEvent, target: 'b.example:1', client: '192.0.2.2:5' }))
  t.same(await ids('?outcome=won'), [2, 1])
  t.same(await ids('?outcome=hidden'), [2])
  t.same(await ids('?outcome=failed'), [3])
  t.same(await ids('?target=a.EXAMPLE'), [1])
  t.same(await ids('?client=192.0.2'), [3, 1])
  t.same(await ids('?client=192.0.2&outcome=won&target=example'), [1])
  t.same(await ids('?client=192.0.2&limit=1'), [3])
})

t.test('a filter does not find what is masked', async t => {
  const { ring, ids, races, redact } = rig()
  ring.add(1, keepRace({ ...wonEvent, target: 'secret.example:443', client: '192.0.2.1:5' }))
  redact('target', 'client', 'outcome', 'hidden')
  t.same(await ids('?target=secret'), [])
  t.same(await ids('?client=192.0.2.1'), [])
  t.same(await ids('?outcome=won'), [])
  t.same(await ids('?outcome=hidden'), [])
  t.notMatch(JSON.stringify(await races()), 'secret')
})

t.test('many races are read in turns of the event loop', async t => {
  const { ring, ask, ids, clock, slow } = rig(1000)
  for (let i = 0; i < 1000; i++) ring.add(i, keepRace(wonEvent))
  slow(() => clock.advance(1))
  let turns = 0
  const count = (): void => {
    turns++
    if (turns < 200) setImmediate(count)
  }
  setImmediate(count)
  const { body } = await ask()
  t.equal((JSON.parse(body) as RacesAnswer).races.length, 1000)
  t.ok(turns >= 1000 / TURN_MS - 1, `${turns} turns`)
  t.equal((await ids('?outcome=failed')).length, 0)
})

t.test('a stream begins where its reader asks for', async t => {
  const { ring, routes } = rig(3)
  for (let i = 0; i < 5; i++) ring.add(i, keepRace(wonEvent))
  const route = routes.get('/races/stream')
  t.match(route, { isStream: true, isPublic: false })
  const first = async (last?: string): Promise<readonly string[]> => {
    const headers = last === undefined ? {} : { 'last-event-id': last }
    const left = new AbortController()
    const answer = await route?.answer(adminRequest('', { headers, signal: left.signal }))
    if (!answer || !('pieces' in answer)) throw new Error('no stream')
    t.equal(answer.type, 'text/event-stream')
    const pieces = answer.pieces[Symbol.asyncIterator]()
    await pieces.next()
    const piece = pieces.next()
    await new Promise(resolve => setImmediate(resolve))
    left.abort()
    const { value } = (await piece) as { readonly value: unknown }
    await pieces.return?.()
    return [...String(value).matchAll(/^id: (\d+)$/gm)].map(([, id]) => id ?? '')
  }
  t.same(await first(), [], 'only what is to come')
  t.same(await first('4'), ['5'])
  t.same(await first('5'), [])
  t.same(await first('1'), ['3', '4', '5'])
  t.same(await first('99'), ['3', '4', '5'], 'a number of an earlier run')
  for (const nonsense of ['', 'x', '-1', '1e1', '9'.repeat(40)]) t.same(await first(nonsense), [])
})
