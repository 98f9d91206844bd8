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

t.test('of the egress, races have the source addresses', async t => {
  const races = openRacesOf(parseConfig('egress: { bind4: none, tos: 8 }', 'f'))
  t.match(await races.source('127.0.0.1'), { address: null })
  races.close()
  for (const [key, text] of Object.entries({ interface: 'eth1', mark: '7' })) {
    t.throws(() => openRacesOf(parseConfig(`egress: { ${key}: ${text} }`, 'f')), {
      code: 'ERR_EGRESS',
      message: `egress.${key}: found ${text}, which only the daemon can do; leave it out for this command`,
    })
  }
})
