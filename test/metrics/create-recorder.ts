import t from 'tap'
import type { Readings } from '../../src/metrics/create-recorder.ts'
import { createRecorder } from '../../src/metrics/create-recorder.ts'
import { METRIC_NAMES } from '../../src/metrics/metrics.ts'
import { valueOf } from '../../src/metrics/snapshot.ts'
import { CONNECTION_EVENTS } from '../fixtures/log-events.ts'

const session = (listener: string, up: number, down: number) => ({
  listener,
  bytesUp: () => up,
  bytesDown: () => down,
})

const readings: Readings = {
  sessions: [],
  limit: 203,
  pipes: { stream: 1, splice: 2 },
  dnsWaiting: 3,
  logDropped: 4,
}

t.test('the events of connections are counted', async t => {
  const recorder = createRecorder()
  for (const event of CONNECTION_EVENTS) recorder.count(event)
  recorder.onQuery('A', null, 1)
  recorder.onCache('miss')
  const read = recorder.read(readings)
  t.equal(valueOf(read, 'eyeballd_connections_total', 'front'), 1)
  t.equal(valueOf(read, 'eyeballd_races_total', 'won', '4'), 1)
  t.equal(valueOf(read, 'eyeballd_bytes_total', 'up'), 1234)
  t.equal(valueOf(read, 'eyeballd_bytes_total', 'down'), 5678 + 17)
  t.equal(valueOf(read, 'eyeballd_dns_queries_total', 'A', 'answered'), 1)
  t.equal(valueOf(read, 'eyeballd_dns_cache_total', 'miss'), 1)
  t.equal(valueOf(read, 'eyeballd_connections_limit'), 203)
  t.equal(valueOf(read, 'eyeballd_pipes_active', 'splice'), 2)
  t.equal(valueOf(read, 'eyeballd_dns_waiting'), 3)
  t.equal(valueOf(read, 'eyeballd_log_dropped_total'), 4)
})

t.test('open connections count by listener, with their bytes', async t => {
  const recorder = createRecorder()
  recorder.setListeners(['a', 'b'])
  const sessions = [session('a', 1, 10), session('a', 2, 20), session('gone', 3, 30)]
  const read = recorder.read({ ...readings, sessions })
  t.same(
    read.eyeballd_connections_active,
    new Map([
      ['a', 2],
      ['gone', 1],
      ['b', 0],
    ]),
  )
  t.same(
    read.eyeballd_bytes_total,
    new Map([
      ['up', 6],
      ['down', 60],
    ]),
  )
})

t.test('bytes never fall, even if a failed write takes some back', async t => {
  const recorder = createRecorder()
  const up = (sessions: Readings['sessions']): number =>
    valueOf(recorder.read({ ...readings, sessions }), 'eyeballd_bytes_total', 'up')
  t.equal(up([session('a', 1000, 0)]), 1000)
  t.equal(up([session('a', 900, 0)]), 1000)
  const close = CONNECTION_EVENTS.find(({ type }) => type === 'close')
  if (close) recorder.count(close)
  t.equal(up([]), 1234)
})

t.test('it has every metric but those of the daemon and its processes', async t => {
  const missing = METRIC_NAMES.filter(name => !(name in createRecorder().read(readings)))
  t.same(
    missing.filter(name => name.startsWith('eyeballd_')),
    [
      'eyeballd_build_info',
      'eyeballd_config_reloads_total',
      'eyeballd_config_last_reload_successful',
      'eyeballd_config_last_reload_success_timestamp_seconds',
    ],
  )
})
