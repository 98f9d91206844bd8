import t from 'tap'
import { createWorkerCounters } from '../../../src/daemon/processes/worker-counters.ts'
import type { ListenerEvent } from '../../../src/listener/events.ts'

const facts = { conn: 'c1', listener: 's', client: 'a:1', user: null, target: null }
const accepted: ListenerEvent = { type: 'accepted', ...facts }
const close = (engine: 'stream' | 'splice'): ListenerEvent => ({
  type: 'close',
  ...facts,
  bytesUp: 10,
  bytesDown: 20,
  durationMs: 1,
  engine,
  reason: 'eof',
})

t.test('what streams moved is counted as they end, what the kernel moved is asked for', async t => {
  const counters = createWorkerCounters()
  for (const event of [accepted, accepted, close('stream'), close('splice'), close('stream')]) {
    counters.count(event)
  }
  t.same(counters.read(7, { stream: 1, splice: 2 }, { up: 100, down: 200 }), {
    connections: 7,
    accepted: 2,
    bytesUp: 120,
    bytesDown: 240,
    pipes: { stream: 1, splice: 2 },
  })
})
