import t from 'tap'
import { typeOf } from '../../../scripts/generate/type-of.ts'
import { tableKeys } from '../../../src/config/table/config.ts'

const types = new Map(tableKeys().map(([path, { field }]) => [path.join('.'), typeOf(field)]))

t.test('types are words', async t => {
  const expected = {
    drainTimeout: 'duration',
    'eyeballs.attemptTimeout': 'duration',
    'eyeballs.preferredFamily': '`auto`, `4`, `6`',
    'eyeballs.adaptive': '`true` or `false`',
    'pipe.workers': 'whole number',
    'listeners.mode': 'number or text',
    'listeners.clients': 'list, or one text',
    'resolver.hosts': 'mapping',
    listeners: 'list, or one mapping',
    'pipe.engine': '`auto`, `splice`, `stream`',
  }
  for (const [path, type] of Object.entries(expected)) t.equal(types.get(path), type, path)
})

t.test('every key has one', async t => {
  for (const [path, type] of types) t.match(type, /^[a-z`]/, path)
})
