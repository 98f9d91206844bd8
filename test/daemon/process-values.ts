import { closeSync, openSync } from 'node:fs'
import t from 'tap'
import { readProcess } from '../../src/daemon/process-values.ts'
import { valueOf } from '../../src/metrics/snapshot.ts'

t.test('the values of this process', async t => {
  const before = await readProcess()
  const now = Date.now() / 1000
  const startedAt = valueOf(before, 'process_start_time_seconds')
  t.ok(startedAt > now - 3600 && startedAt <= now, 'seconds since 1970')
  t.ok(valueOf(before, 'process_resident_memory_bytes') > 1e6)
  t.ok(valueOf(before, 'nodejs_heap_size_used_bytes') > 1e5)
  t.ok(valueOf(before, 'nodejs_eventloop_lag_seconds') >= 0)
  t.ok(valueOf(before, 'process_max_fds') >= 3)
  const files = Array.from({ length: 10 }, () => openSync('/dev/null', 'r'))
  const after = await readProcess()
  for (const file of files) closeSync(file)
  t.equal(
    valueOf(after, 'process_open_fds') - valueOf(before, 'process_open_fds'),
    10,
    'each descriptor counts',
  )
  t.ok(valueOf(after, 'process_cpu_seconds_total') >= valueOf(before, 'process_cpu_seconds_total'))
})

t.test('what the host does not give is left out, as where /proc is not mounted', async t => {
  const unknown = await readProcess({ residentBytes: () => null, openFiles: () => null })
  const all = Object.keys(await readProcess())
  const missing = all.filter(name => !(name in unknown))
  t.same(missing, ['process_resident_memory_bytes', 'process_open_fds'])
  t.ok(valueOf(unknown, 'nodejs_heap_size_used_bytes') > 1e5)
})
