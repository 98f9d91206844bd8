import t from 'tap'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  childrenCpuMs,
  childrenMs,
  cpuMsOf,
  killLeft,
  parseStat,
  processTree,
  pssOf,
  withDescendants,
} from '../../../scripts/bench/process-tree.ts'
import { own } from '../../fixtures/children.ts'

const skip = process.platform === 'linux' ? false : 'there is no /proc'

const stat = (pid: number, parent: number) => ({ pid, parent, cpuMs: 0, startedAt: '1' })

t.test('a process by what the kernel says of it', async t => {
  const text =
    '4711 (a ) (b) S 12 4711 4711 0 -1 4194560 100 0 0 0 7 5 3 1 20 0 4 0 987654 10000 200'
  t.same(parseStat(text), { pid: 4711, parent: 12, cpuMs: 160, startedAt: '987654' })
  t.equal(childrenMs(text), 40, 'its children that have ended')
})

t.test('what ended children have used is counted', { skip }, async t => {
  const before = childrenCpuMs()
  spawnSync(process.execPath, ['-e', 'while (process.cpuUsage().user < 200_000);'])
  t.ok(childrenCpuMs() - before >= 190, 'all of the burn but a tick')
})

t.test('children and their children, in any order', async t => {
  const all = [stat(5, 3), stat(1, 0), stat(2, 1), stat(3, 2), stat(4, 1), stat(9, 8)]
  const pids = (...roots: readonly number[]): number[] =>
    withDescendants(all, roots)
      .map(({ pid }) => pid)
      .toSorted((a, b) => a - b)
  t.same(pids(2), [2, 3, 5])
  t.same(pids(1), [1, 2, 3, 4, 5])
  t.same(pids(4, 9), [4, 9])
  t.same(pids(77), [])
  t.same(pids(), [])
})

t.test('what a program uses is that of its children too', { skip }, async t => {
  const burn = `while (process.cpuUsage().user < 200_000);
    console.log('burnt'); setTimeout(() => {}, 60_000)`
  const script = `
    const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(burn)}])
    child.stdout.once('data', () => console.log(child.pid))`
  const child = own(
    spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] }),
  )
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const { pid = 0 } = child
  const seen = processTree([pid])
  t.same(
    seen.map(one => one.pid),
    [pid, Number(line.toString())],
  )
  const alone = seen[0]?.cpuMs ?? 0
  t.ok(cpuMsOf([pid]) >= alone + 100, 'CPU time')
  t.ok(pssOf([pid]) > 10_000, 'memory')
  t.equal(pssOf([]), 0)
  killLeft(seen.map(one => ({ ...one, startedAt: 'another time' })))
  t.equal(processTree([pid]).length, 2, 'a process of the same number is another one')
  killLeft(seen)
  await once(child, 'exit')
  killLeft(seen)
  t.same(processTree([pid]), [])
})
