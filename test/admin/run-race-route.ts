import t from 'tap'
import type { RaceAnswer } from '../../src/admin/api.ts'
import type { OwnRaceRequest, OwnRaceResult } from '../../src/admin/daemon-view.ts'
import { keepRace } from '../../src/admin/kept-race.ts'
import type { AdminStatus } from '../../src/admin/routes.ts'
import { RACES_PER_MINUTE, createRunRaceRoute } from '../../src/admin/run-race-route.ts'
import { createRecordMask } from '../../src/log/record-mask.ts'
import { adminRequest, bodyOf } from '../fixtures/admin-request.ts'
import { emptyView } from '../fixtures/daemon-view.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { wonEvent } from '../fixtures/race-trace.ts'

const rig = (redact: readonly string[] = []) => {
  const clock = createHandClock()
  const view = emptyView()
  const asked: OwnRaceRequest[] = []
  const signals: AbortSignal[] = []
  let state: AdminStatus['state'] = 'serving'
  let answer: () => Promise<OwnRaceResult> = async () => ({ ok: true, race: keepRace(wonEvent) })
  const route = createRunRaceRoute({
    clock,
    view: {
      ...view,
      race: (request, signal) => {
        asked.push(request)
        signals.push(signal)
        return answer()
      },
    },
    mask: () => createRecordMask(redact),
    status: () => ({ state, processes: 1, lost: 0 }),
    epochNow: () => 77,
  }).get('/race')
  const post = async (body: string, signal = new AbortController().signal) => {
    const given = await route?.answer(adminRequest('', { body, client: '127.0.0.1:7', signal }))
    return { status: given?.status, headers: given?.headers, body: await bodyOf(given) }
  }
  return {
    ...view,
    clock,
    asked,
    signals,
    route,
    post,
    setState: (next: AdminStatus['state']) => (state = next),
    setAnswer: (next: () => Promise<OwnRaceResult>) => (answer = next),
  }
}

const target = (text: string): string => JSON.stringify({ target: text })

t.test('a target has a port, or 443', async t => {
  const { post, asked, route } = rig()
  t.match(route, { method: 'POST', isPublic: false })
  for (const [text, host, port] of [
    ['a.example:80', 'a.example', 80],
    ['a.example', 'a.example', 443],
    ['a.example.', 'a.example.', 443],
    [' 192.0.2.1 ', '192.0.2.1', 443],
    ['2001:db8::1', '2001:db8::1', 443],
    ['[2001:db8::1]', '2001:db8::1', 443],
    ['[2001:db8::1]:1', '2001:db8::1', 1],
  ] as const) {
    t.equal((await post(target(text))).status, 200, text)
    t.same(asked.at(-1), { target: { host, port }, client: '127.0.0.1:7' })
  }
})

t.test('a wrong body runs nothing', async t => {
  const { post, asked } = rig()
  const name = `${'x'.repeat(300)}.example`
  for (const body of ['', '{', 'null', '[]', '{}', '{"target":5}', '"a"', target('')])
    await t.rejects(post(body), { code: 'ERR_INVALID_ARG' }, body)
  for (const text of [name, 'a:0', 'a:70000', 'a b', 'a:1:2', '127.1', 'http://a/'])
    await t.rejects(post(target(text)), { code: 'ERR_INVALID_ARG', message: /^target: / }, text)
  t.same(asked, [])
})

t.test('the answer is the entry of the race', async t => {
  const { post, races, setAnswer } = rig(['target'])
  const kept = keepRace(wonEvent)
  setAnswer(async () => {
    for (const conn of ['x1', wonEvent.conn, 'x2'])
      races.ring.add(5, keepRace({ ...wonEvent, conn }))
    return { ok: true, race: kept }
  })
  const entry = JSON.parse((await post(target('a'))).body) as RaceAnswer
  t.match(entry, { id: 2, time: 5, conn: wonEvent.conn, target: '[Redacted]' })
  races.ring.resize(0)
  t.match(JSON.parse((await post(target('a'))).body), { id: 0, time: 77, conn: wonEvent.conn })
})

t.test('a race that is denied, or has no process', async t => {
  const { post, setAnswer } = rig()
  const error = { code: 'ERR_ACCESS_DENIED', message: 'a:443: denied by access rule 2' }
  setAnswer(async () => ({ ok: false, ...error }))
  const denied = await post(target('a'))
  t.equal(denied.status, 403)
  t.same(JSON.parse(denied.body), { error })
  setAnswer(async () => ({ ok: false, code: 'ERR_PROCESS_LOST', message: 'gone' }))
  t.match(await post(target('a')), { status: 503, body: /gone/ })
})

t.test('one at a time, few in a minute, none while draining', async t => {
  const { post, clock, setAnswer, setState, signals, asked } = rig()
  let settle = (): void => {}
  setAnswer(
    () => new Promise(resolve => (settle = () => resolve({ ok: true, race: keepRace(wonEvent) }))),
  )
  const left = new AbortController()
  const first = post(target('a'), left.signal)
  t.match(await post(target('b')), { status: 429, headers: { 'Retry-After': '1' } })
  t.equal(signals[0], left.signal, 'it ends when its client leaves')
  settle()
  t.equal((await first).status, 200)
  setAnswer(() => Promise.reject(new Error('a bug')))
  await t.rejects(post(target('a')), /a bug/)
  setAnswer(async () => ({ ok: true, race: keepRace(wonEvent) }))
  for (let i = 2; i < RACES_PER_MINUTE; i++) t.equal((await post(target('a'))).status, 200)
  clock.advance(20_500)
  const busy = { status: 429, body: 'found 20 races within a minute; allowed: 20' }
  t.match(await post(target('a')), { ...busy, headers: { 'Retry-After': '40' } })
  t.equal(asked.length, RACES_PER_MINUTE)
  clock.advance(60_000)
  t.equal((await post(target('a'))).status, 200)
  setState('draining')
  t.match(await post(target('a')), { status: 503, body: /^the daemon is draining; expected/ })
})
