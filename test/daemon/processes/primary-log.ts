import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createPrimaryLog } from '../../../src/daemon/processes/primary-log.ts'
import type { LogOptions } from '../../../src/log/types.ts'

const options: LogOptions = { level: 'info', format: 'json', races: 'all', redact: [] }
const line = '{"level":30,"time":1795345200123,"process":7,"event":"stopped","msg":"stopped"}\n'

t.test('lines of others stand among its own, in one form', async t => {
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

t.test('on a terminal it is pretty by itself', async t => {
  const path = join(t.testdir({}), 'log')
  const fd = openSync(path, 'w')
  t.teardown(() => closeSync(fd))
  const log = createPrimaryLog({ ...options, format: 'auto' }, { fd, isTerminal: true })
  log.relay(line)
  await log.flush()
  t.notMatch(readFileSync(path, 'utf8'), '{"level"')
})
