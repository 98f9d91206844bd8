import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import t from 'tap'
import { PASSED_SIGNALS, startSignalWitness } from '../../../src/cli/run/signal-witness.ts'
import { own } from '../../fixtures/children.ts'

const started = async (t: Test, now?: () => number) => {
  const children: ChildProcess[] = []
  const witness = await startSignalWitness(
    (program, words, options) => {
      const child = own(spawn(program, words, options))
      children.push(child)
      return child
    },
    0,
    now,
  )
  const [child] = children
  if (!witness || !child) throw new Error('there is no witness')
  t.teardown(witness.end)
  return { witness, child, ended: once(child, 'exit') }
}

t.test('it has seen the signals that it got, each once', async t => {
  const { witness, child, ended } = await started(t)
  for (const signal of PASSED_SIGNALS) {
    t.equal(await witness.hasSeen(signal), false, `${signal} did not come`)
    child.kill(signal)
    t.equal(await witness.hasSeen(signal), true, `${signal} came`)
    t.equal(await witness.hasSeen(signal), false, `${signal} came once`)
  }
  child.kill('SIGTERM')
  child.kill('SIGINT')
  t.equal(await witness.hasSeen('SIGHUP'), false)
  t.same([await witness.hasSeen('SIGTERM'), await witness.hasSeen('SIGINT')], [true, true])
  witness.end()
  t.same(await ended, [0, null], 'it ends with its input')
})

t.test('a report that came late is not about the next signal', async t => {
  let nowMs = 0
  const { witness, child } = await started(t, () => nowMs)
  t.equal(await witness.hasSeen('SIGUSR1'), false, 'eyeballd alone got it')
  for (const [ageMs, isSeen] of [
    [100, true],
    [101, false],
  ] as const) {
    child.kill('SIGUSR1')
    // The report is there once another one is.
    child.kill('SIGUSR2')
    t.equal(await witness.hasSeen('SIGUSR2'), true)
    nowMs += ageMs
    t.equal(await witness.hasSeen('SIGUSR1'), isSeen, `after ${ageMs} ms`)
  }
})

t.test('it removes the directory when its input ends', async t => {
  const { witness, child, ended } = await started(t)
  const directory = join(t.testdir({}), 'a  b')
  mkdirSync(directory)
  witness.guard(directory)
  t.equal(await witness.hasSeen('SIGINT'), false)
  t.ok(existsSync(directory))
  // As if this process had been killed.
  child.stdin?.destroy()
  await ended
  t.notOk(existsSync(directory))
})

t.test('a witness that was killed has seen nothing; none at all is null', async t => {
  const { witness, child, ended } = await started(t)
  child.kill('SIGKILL')
  const asked = witness.hasSeen('SIGTERM')
  await ended
  t.equal(await asked, false)
  t.equal(await witness.hasSeen('SIGTERM'), false)
  t.doesNotThrow(witness.end)
  t.equal(await startSignalWitness((_, words, options) => spawn('/none', words, options)), null)
})
