import t from 'tap'
import type { ListenerEvent } from '../../src/listener/events.ts'
import { createListenerCounts } from '../../src/metrics/listener-counts.ts'
import { totalOf, valueOf } from '../../src/metrics/snapshot.ts'

const rejected = (
  listener: string,
  reason: 'limit' | 'timeout',
  probe: boolean,
): Extract<ListenerEvent, { type: 'rejected' }> => ({
  type: 'rejected',
  conn: 'c1',
  listener,
  protocol: null,
  client: '192.0.2.1:1',
  user: null,
  target: null,
  reason,
  message: '',
  probe,
})

t.test('connections and refusals by listener, from 0 on', async t => {
  const counts = createListenerCounts()
  counts.setListeners(['a', 'b'])
  counts.accepted('a')
  counts.rejected(rejected('a', 'limit', false))
  counts.rejected(rejected('a', 'timeout', true))
  const read = counts.read()
  t.same([...(read.eyeballd_connections_total ?? [])], Object.entries({ a: 1, b: 0 }))
  const of = (...labels: string[]) => valueOf(read, 'eyeballd_rejected_total', ...labels)
  t.same([of('a', 'limit'), of('a', 'timeout'), of('a', 'probe')], [1, 0, 1])
  t.equal(read.eyeballd_rejected_total?.get('b\0limit'), 0)
})

t.test('reloads with new names of listeners take no memory', async t => {
  const counts = createListenerCounts()
  for (let n = 0; n < 50; n++) {
    counts.setListeners([`listener-${n}`])
    counts.accepted(`listener-${n}`)
    counts.rejected(rejected(`listener-${n}`, 'limit', false))
    // A connection of the listener before is still open.
    if (n > 0) counts.accepted(`listener-${n - 1}`)
  }
  const read = counts.read()
  t.same([...(read.eyeballd_connections_total?.keys() ?? [])].toSorted(), [
    '',
    'listener-48',
    'listener-49',
  ])
  t.equal(totalOf(read, 'eyeballd_connections_total'), 99, 'no count is lost')
  t.equal(totalOf(read, 'eyeballd_rejected_total'), 50)
  counts.setListeners(['listener-49', '__proto__'])
  counts.accepted('__proto__')
  t.equal(valueOf(counts.read(), 'eyeballd_connections_total', '__proto__'), 1)
})
