import t from 'tap'
import type { AdminClient } from '../../src/cli/admin-client.ts'
import {
  askConnections,
  askHistory,
  askRaces,
  askStatus,
  raceOfEvent,
} from '../../src/cli/daemon-answers.ts'
import { fail } from '../../src/core/fail.ts'
import { connectionOf, statusOf } from '../fixtures/fake-endpoint.ts'
import { attempt, plainRace, raceEntry } from '../fixtures/race-entry.ts'

const clientOf = (answers: Readonly<Record<string, unknown>>): AdminClient => ({
  where: () => 'there',
  get: async path => {
    if (!(path in answers)) throw fail('ERR_ADMIN', 'not there', { status: 404 })
    return answers[path]
  },
  stream: async () => {},
})

t.test('answers of a daemon', async t => {
  const client = clientOf({
    '/status': statusOf(),
    '/races?limit=5': { races: [plainRace()] },
    '/connections?limit=6': { total: 0, connections: [] },
    '/history': { demoted: [] },
  })
  t.match(await askStatus(client), { version: '0.1.0' })
  t.equal((await askRaces(client, 5)).length, 1)
  t.match(await askConnections(client, 6), { total: 0 })
  t.match(await askHistory(client), { demoted: [] })
})

/** As the daemon masks it: `log.redact` replaces any value by a text. */
const MASKED = '[Redacted]' as never

t.test('what log.redact masks is not read as a number, a list or an object', async t => {
  const all = {
    durationMs: MASKED,
    hidden: MASKED,
    winner: MASKED,
    attempts: MASKED,
    error: MASKED,
  }
  const parts = raceEntry({ attempts: [MASKED, attempt()] })
  const client = clientOf({
    '/races?limit=5': { races: [raceEntry(all), parts] },
    '/connections?limit=6': {
      total: 1,
      connections: [connectionOf({ bytesUp: MASKED, bytesDown: MASKED })],
    },
  })
  const [race, other] = await askRaces(client, 5)
  t.match(race, { durationMs: Number.NaN, hidden: false, winner: null, attempts: [] })
  t.equal(race?.error, undefined)
  t.match(other?.attempts, [{ n: 1 }])
  t.equal(other?.attempts.length, 1)
  t.match(await askConnections(client, 6), { connections: [{ bytesUp: null, bytesDown: null }] })
  const data = JSON.stringify(raceEntry(all))
  t.match(raceOfEvent({ type: 'message', data }), { hidden: false, winner: null, attempts: [] })
})

t.test('what is no answer of a daemon', async t => {
  const client = clientOf({ '/status': { ok: true }, '/races?limit=5': [], '/history': 'text' })
  await t.rejects(askStatus(client), {
    code: 'ERR_ADMIN',
    message: /^there is not an endpoint of eyeballd/,
  })
  await t.rejects(askRaces(client, 5), { code: 'ERR_ADMIN' })
  await t.rejects(askHistory(client), { code: 'ERR_ADMIN' })
})

t.test('an answer with a part of another form is named', async t => {
  const { races, ...rest } = statusOf()
  const cases: readonly (readonly [unknown, string])[] = [
    [{ ...rest, races: 5 }, '/status has no such races'],
    [{ ...rest, races: { ...races, won: {} } }, '/status has no such races.won.4'],
    [null, '/status is another value'],
  ]
  for (const [status, end] of cases) {
    const message = `there is not an endpoint of eyeballd, or of another version: ${end}`
    await t.rejects(askStatus(clientOf({ '/status': status })), { code: 'ERR_ADMIN', message })
  }
  for (const each of [
    null,
    'text',
    { ...plainRace(), attempts: 5 },
    { ...plainRace(), time: 1e300 },
  ]) {
    const client = clientOf({ '/races?limit=5': { races: [plainRace(), each] } })
    await t.rejects(askRaces(client, 5), {
      code: 'ERR_ADMIN',
      message: /races has no such races\[1\]/,
    })
    t.equal(raceOfEvent({ type: 'message', data: JSON.stringify(each) }), undefined)
  }
})

t.test(
  'a daemon without connections and history has none; without races it is too old',
  async t => {
    const client = clientOf({})
    t.match(await askConnections(client, 6), { total: 0, connections: [] })
    t.match(await askHistory(client), { demoted: [] })
    await t.rejects(askRaces(client, 5), { code: 'ERR_ADMIN' })
  },
)

t.test('races of a stream', async t => {
  const data = JSON.stringify(plainRace({ id: 4 }))
  t.match(raceOfEvent({ type: 'message', data }), { id: 4 })
  t.equal(raceOfEvent({ type: 'skipped', data: '{"races":5}' }), undefined)
  t.equal(raceOfEvent({ type: 'message', data: '{' }), undefined)
  t.equal(raceOfEvent({ type: 'message', data: '{"id":1}' }), undefined)
})
