import t from 'tap'
import { createGrid } from '../../src/metrics/grid.ts'

t.test('each pair of values has a count, from 0 on', async t => {
  const grid = createGrid(['4', '6'], ['won', 'lost'])
  grid.counts[6].won += 2
  grid.counts[4].lost++
  t.same(
    [...grid.values()],
    [
      ['4\0won', 0],
      ['4\0lost', 1],
      ['6\0won', 2],
      ['6\0lost', 0],
    ],
  )
})
