import t from 'tap'
import { checkEngine, openRacesOf } from '../../src/cli/host.ts'
import { parseConfig } from '../../src/config/parse.ts'

t.test('checks whether an engine can run here', async t => {
  t.doesNotThrow(() => checkEngine('stream'))
  if (process.platform !== 'linux') t.throws(() => checkEngine('splice'), { code: 'ERR_ENGINE' })
})

t.test('opens races with the options of a configuration', async t => {
  const races = openRacesOf(parseConfig('resolver: { hosts: { a.example: 192.0.2.1 } }', 'f'))
  t.match(await races.lookup('a.example', 'A'), { ok: true, addresses: ['192.0.2.1'] })
  races.close()
})
