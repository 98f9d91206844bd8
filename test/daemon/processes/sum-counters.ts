import t from 'tap'
import { sumCounters } from '../../../src/daemon/processes/sum-counters.ts'

t.test('counters are summed one by one', async t => {
  const one = {
    connections: 1,
    accepted: 2,
    bytesUp: 3,
    bytesDown: 4,
    pipes: { stream: 5, splice: 6 },
  }
  const ten = {
    connections: 10,
    accepted: 20,
    bytesUp: 30,
    bytesDown: 40,
    pipes: { stream: 50, splice: 60 },
  }
  t.same(sumCounters([one, ten]), {
    connections: 11,
    accepted: 22,
    bytesUp: 33,
    bytesDown: 44,
    pipes: { stream: 55, splice: 66 },
  })
  t.same(sumCounters([one]), one)
  t.same(sumCounters([]).pipes, { stream: 0, splice: 0 })
})
