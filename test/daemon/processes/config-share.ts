import t from 'tap'
import { parseConfig } from '../../../src/config/parse.ts'
import { configShare } from '../../../src/daemon/processes/config-share.ts'

const shares = (text: string, processes: number, cores?: number) => {
  const config = parseConfig(text, 'test')
  return Array.from({ length: processes }, (_, index) =>
    configShare(config, { index, processes }, cores),
  )
}

t.test('connections over all are those of the configuration', async t => {
  const most = (text: string, processes: number): number[] =>
    shares(text, processes).map(({ limits }) => limits.maxConnections)
  t.same(most('', 2), [5000, 5000])
  t.same(most('limits: { maxConnections: 11 }', 3), [4, 4, 3])
  t.same(most('limits: { maxConnections: 1 }', 3), [1, 1, 1], 'each lets one in at least')
})

t.test('those of one client are split too, rounded up', async t => {
  const most = (text: string): number[] =>
    shares(text, 4).map(({ limits }) => limits.maxConnectionsPerClient)
  t.same(most(''), [0, 0, 0, 0], 'no limit stays none')
  t.same(most('limits: { maxConnectionsPerClient: 5 }'), [2, 2, 2, 2])
})

t.test('threads are shared as cores are, unless their number is given', async t => {
  const workers = (text: string, cores: number): unknown[] =>
    shares(text, 2, cores).map(({ pipe }) => pipe.workers)
  t.same(workers('', 2), [1, 1])
  t.same(workers('', 16), [4, 4])
  t.same(workers('pipe: { workers: 3 }', 16), [3, 3])
})

t.test('all else is as it was', async t => {
  const config = parseConfig('', 'test')
  const share = configShare(config, { index: 0, processes: 1 })
  t.strictSame({ ...share, pipe: null }, { ...config, pipe: null })
})
