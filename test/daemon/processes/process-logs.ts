import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createPrimaryLog, createWorkerLog } from '../../../src/daemon/processes/process-logs.ts'
import type { LogOptions } from '../../../src/log/types.ts'

const options: LogOptions = { level: 'info', format: 'json', races: 'all', redact: [] }
const line = '{"level":30,"time":1795345200123,"process":7,"event":"stopped","msg":"stopped"}\n'

t.test('lines of other processes are written among its own, in the same format', async t => {
  const path = join(t.testdir({}), 'log')
  const fd = openSync(path, 'w')
  t.teardown(() => closeSync(fd))
  const log = createPrimaryLog(options, { fd, isTerminal: false })
  log.relay(line)
  log.event({ type: 'reload' })
  log.change({ ...options, format: 'pretty' })
  log.relay(line)
  log.event({ type: 'reload' })
  await log.flush()
  const [first = '', second = '', third = '', fourth = ''] = readFileSync(path, 'utf8').split('\n')
  t.equal(`${first}\n`, line)
  t.match(JSON.parse(second), { event: 'reload' })
  t.match(third, /stopped/)
  t.notMatch(third, '{')
  t.match(fourth, /configuration reloaded/)
})

t.test('on a terminal the format is pretty', async t => {
  const path = join(t.testdir({}), 'log')
  const fd = openSync(path, 'w')
  t.teardown(() => closeSync(fd))
  const log = createPrimaryLog({ ...options, format: 'auto' }, { fd, isTerminal: true })
  log.relay(line)
  await log.flush()
  t.notMatch(readFileSync(path, 'utf8'), '{"level"')
})

const workerOptions: LogOptions = { level: 'info', format: 'pretty', races: 'all', redact: [] }

t.test('each line is JSON and has the process id', async t => {
  const path = join(t.testdir({}), 'log')
  const fd = openSync(path, 'w')
  t.teardown(() => closeSync(fd))
  const log = createWorkerLog(workerOptions, fd, 4321)
  log.event({ type: 'skipped', listener: 's', address: ',"event":', message: 'm' })
  log.change({ ...workerOptions, level: 'error' })
  log.event({ type: 'stopped' })
  log.event({ type: 'reload', error: 'e' })
  await log.flush()
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  t.match(
    lines.map(each => JSON.parse(each) as unknown),
    [
      { process: 4321, event: 'skipped', address: ',"event":' },
      { process: 4321, event: 'reload' },
    ],
  )
  t.match(lines[0], /^\{"level":30,"time":\d+,"process":4321,"event":"skipped",/)
  t.equal(lines.length, 2, 'the changed level is in force')
})
