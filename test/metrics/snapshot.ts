import t from 'tap'
import type { Snapshot } from '../../src/metrics/snapshot.ts'
import {
  joinSnapshots,
  keyOf,
  labelsOf,
  pastOf,
  totalOf,
  valueOf,
} from '../../src/metrics/snapshot.ts'

const one: Snapshot = {
  eyeballd_connections_total: new Map([
    ['a', 1],
    ['b', 2],
  ]),
  eyeballd_rejected_total: new Map([
    [keyOf('a', 'limit'), 3],
    [keyOf('b', 'limit'), 4],
  ]),
  eyeballd_connections_active: new Map([['a', 5]]),
  eyeballd_dns_duration_seconds: new Map([
    [keyOf('A', '+Inf'), 6],
    [keyOf('A', 'sum'), 0.5],
  ]),
  process_start_time_seconds: new Map([['', 100]]),
  nodejs_eventloop_lag_seconds: new Map([['', 0.1]]),
}

t.test('labels are read from a key as they were written', async t => {
  for (const labels of [[], ['a'], ['a,b', '"\\\n'], ['', 'limit']])
    t.same(labelsOf(keyOf(...labels)), labels)
})

t.test('the values of several processes are summed, or the one that matters is taken', async t => {
  const two: Snapshot = {
    ...one,
    eyeballd_connections_total: new Map([
      ['b', 10],
      ['c', 20],
    ]),
    process_start_time_seconds: new Map([['', 90]]),
    nodejs_eventloop_lag_seconds: new Map([['', 0.3]]),
  }
  const both = joinSnapshots([one, two])
  t.same(
    both.eyeballd_connections_total,
    new Map([
      ['a', 1],
      ['b', 12],
      ['c', 20],
    ]),
  )
  t.equal(valueOf(both, 'eyeballd_dns_duration_seconds', 'A', '+Inf'), 12)
  t.equal(valueOf(both, 'process_start_time_seconds'), 90)
  t.equal(valueOf(both, 'nodejs_eventloop_lag_seconds'), 0.3)
  t.same(joinSnapshots([one, {}]), one)
  t.same(joinSnapshots([]), {})
})

t.test('of a process that has ended, all counts are kept, and no gauge', async t => {
  const past = pastOf(one, new Set(['a', 'b']))
  t.same(Object.keys(past), [
    'eyeballd_connections_total',
    'eyeballd_rejected_total',
    'eyeballd_dns_duration_seconds',
  ])
  t.same(past.eyeballd_rejected_total, one.eyeballd_rejected_total)
})

t.test('counts of listeners that were removed are joined', async t => {
  let past: Snapshot = {}
  for (let n = 0; n < 50; n++) {
    const own = new Map([[keyOf(`listener-${n}`, 'limit'), 1]])
    past = pastOf(joinSnapshots([past, { eyeballd_rejected_total: own }]), new Set(['a']))
  }
  t.same(past.eyeballd_rejected_total, new Map([[keyOf('', 'limit'), 50]]))
})

t.test('values and totals', async t => {
  t.equal(valueOf(one, 'eyeballd_rejected_total', 'b', 'limit'), 4)
  t.equal(valueOf(one, 'eyeballd_rejected_total', 'b', 'loop'), 0)
  t.equal(totalOf(one, 'eyeballd_connections_total'), 3)
  t.equal(totalOf(one, 'eyeballd_bytes_total'), 0)
})
