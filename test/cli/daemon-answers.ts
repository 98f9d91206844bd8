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
import { statusOf } from '../fixtures/fake-endpoint.ts'
import { plainRace } from '../fixtures/race-entry.ts'

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

t.test('what is no answer of a daemon', async t => {
  const client = clientOf({ '/status': { ok: true }, '/races?limit=5': [], '/history': 'text' })
  await t.rejects(askStatus(client), {
    code: 'ERR_ADMIN',
    message: /^there is not an endpoint of eyeballd/,
  })
  await t.rejects(askRaces(client, 5), { code: 'ERR_ADMIN' })
  await t.rejects(askHistory(client), { code: 'ERR_ADMIN' })
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
