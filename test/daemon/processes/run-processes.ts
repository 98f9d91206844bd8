import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseConfig } from '../../../src/config/parse.ts'
import { runProcesses } from '../../../src/daemon/processes/run-processes.ts'
import type { DaemonSignal } from '../../../src/daemon/signals.ts'

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
  const signals: ((signal: DaemonSignal) => void)[] = []
  const status = runProcesses(load, {
    logFd,
    isTerminal: false,
    onSignal: run => {
      signals.push(run)
      return () => {}
    },
  })
  const log = (): string => readFileSync(path, 'utf8')
  while (signals.length === 0) await new Promise(resolve => setTimeout(resolve, 5))
  t.equal(reads, 1)
  const [signal] = signals
  signal?.('SIGHUP')
  while (!log().includes('"reload"')) await new Promise(resolve => setTimeout(resolve, 5))
  t.equal(reads, 2)
  signal?.('SIGTERM')
  t.equal(await status, 0)
  t.match(log(), '"stopped"')
})

t.test('a configuration that cannot be read is thrown, and nothing was started', async t => {
  const load = () => parseConfig('nonsense: true', 'test')
  const io = { logFd: 1, isTerminal: false, onSignal: () => () => {} }
  await t.rejects(runProcesses(load, io), { code: 'ERR_CONFIG' })
})
