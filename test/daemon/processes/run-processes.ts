import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseConfig } from '../../../src/config/parse.ts'
import { runProcesses } from '../../../src/daemon/processes/run-processes.ts'
import { createHandSignals } from '../../fixtures/hand-signals.ts'

t.test('one process is the daemon itself, and reads its configuration once', async t => {
  const path = join(t.testdir({}), 'log')
  const logFd = openSync(path, 'w')
  t.teardown(() => closeSync(logFd))
  let reads = 0
  const text = "{ listeners: [{ protocol: socks, listen: '127.0.0.1:0' }] }"
  const load = () => {
    reads++
    return parseConfig(text, 'test')
  }
  const { signals, send } = createHandSignals()
  const status = runProcesses({ load, reload: load }, { logFd, isTerminal: false, signals })
  const log = (): string => readFileSync(path, 'utf8')
  while (!log().includes('"listening"')) await new Promise(resolve => setTimeout(resolve, 5))
  t.equal(reads, 1)
  send('SIGHUP')
  while (!log().includes('"reload"')) await new Promise(resolve => setTimeout(resolve, 5))
  t.equal(reads, 2)
  send('SIGTERM')
  t.equal(await status, 0)
  t.match(log(), '"stopped"')
})

t.test('a configuration that cannot be read is thrown, and nothing was started', async t => {
  const load = () => parseConfig('nonsense: true', 'test')
  const io = { logFd: 1, isTerminal: false, signals: createHandSignals().signals }
  await t.rejects(runProcesses({ load, reload: load }, io), { code: 'ERR_CONFIG' })
})
