import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createWorkerLog } from '../../../src/daemon/processes/worker-log.ts'
import type { LogOptions } from '../../../src/log/types.ts'

const options: LogOptions = { level: 'info', format: 'pretty', races: 'all', redact: [] }

t.test('each line is JSON and says of which process it is', async t => {
  const path = join(t.testdir({}), 'log')
  const fd = openSync(path, 'w')
  t.teardown(() => closeSync(fd))
  const log = createWorkerLog(options, fd, 4321)
  log.event({ type: 'skipped', listener: 's', address: ',"event":', message: 'm' })
  log.change({ ...options, level: 'error' })
  log.event({ type: 'stopped' })
  log.event({ type: 'reload', error: 'e' })
  await log.flush()
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  t.match(
    lines.map(line => JSON.parse(line) as unknown),
    [
      { process: 4321, event: 'skipped', address: ',"event":' },
      { process: 4321, event: 'reload' },
    ],
  )
  t.match(lines[0], /^\{"level":30,"time":\d+,"process":4321,"event":"skipped",/)
  t.equal(lines.length, 2, 'a level that was changed is in force')
})
