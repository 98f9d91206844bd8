import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import { restartKeys } from '../../src/daemon/restart-keys.ts'

t.test('names what a reload cannot change, and nothing else', async t => {
  const before = parseConfig('', 'f')
  t.same(restartKeys(before, parseConfig('drainTimeout: 1s', 'f')), [])
  const after = parseConfig('{ pipe: { engine: stream, workers: 2 }, processes: 3 }', 'f')
  t.same(restartKeys(before, after), ['pipe.engine', 'pipe.workers', 'processes'])
  t.same(restartKeys(after, parseConfig('{ pipe: { workers: 2 }, processes: 3 }', 'f')), [
    'pipe.engine',
  ])
})
