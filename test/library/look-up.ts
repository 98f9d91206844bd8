import t from 'tap'
import { lookUp } from '../../src/library/look-up.ts'
import { createScriptedRaces } from '../fixtures/scripted-races.ts'

t.test('reports both lookups and the order', async t => {
  const { races, end } = createScriptedRaces({
    names: { 'www.example.com': ['192.0.2.1', '2001:db8::1'] },
    up: [],
  })
  t.teardown(end)
  const report = await lookUp('www.example.com', races, 'updated')
  t.match(report, {
    name: 'www.example.com',
    lookups: [{ type: 'AAAA' }, { type: 'A' }],
    order: [
      { address: '2001:db8::1', family: 6, source: '2001:db8::77', rule: /^rule \d/ },
      { address: '192.0.2.1', family: 4, source: '192.0.2.77', rule: null },
    ],
  })
})

t.test('an address is looked up in its own family alone', async t => {
  const { races, end } = createScriptedRaces({ names: {}, up: [] })
  t.teardown(end)
  for (const [name, type] of [
    ['192.0.2.1', 'A'],
    ['2001:db8::1', 'AAAA'],
    ['::ffff:192.0.2.1', 'A'],
  ] as const) {
    const { lookups } = await lookUp(name, races, 'updated')
    t.strictSame(
      lookups.map(lookup => lookup.type),
      [type],
    )
  }
})
