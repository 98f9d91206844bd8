import t from 'tap'
import { resolve } from '../../src/cli/resolve.ts'
import { createFakeIo } from '../fixtures/cli-io.ts'
import { createScriptedRaces } from '../fixtures/scripted-races.ts'

t.test('prints for people and for programs; 1 where there is no address', async t => {
  const { races, end, closed, steps } = createScriptedRaces({ names: { a: ['192.0.2.1'] }, up: [] })
  t.teardown(end)
  const io = createFakeIo({ openRaces: async () => races })
  t.equal(await resolve({ name: 'a' }, io), 0)
  t.equal(steps[0], 'warm-up', 'before what is shown')
  t.match(io.out(), /^a\n {2}AAAA {2}no AAAA record, from dns/)
  const json = createFakeIo({ openRaces: async () => races })
  t.equal(await resolve({ name: 'none', json: true }, json), 1)
  t.match(JSON.parse(json.out()), { name: 'none', addresses: [] })
  t.equal(closed(), 2)
  for (const name of ['a:443', 'https://a/x']) {
    const host = createFakeIo({ openRaces: async () => races })
    t.equal(await resolve({ name }, host), 0, 'the host alone')
    t.match(host.out(), /^a\n/)
  }
})

t.test('a name that is none is a wrong word', async t => {
  for (const name of ['a..b', '127.1', 'a b']) {
    await t.rejects(resolve({ name }, createFakeIo()), { code: 'ERR_CONFIG', message: /^NAME: / })
  }
})
