/**
 * Signals that come while `eyeballd run` starts: each ends it, or reaches the command and ends that. The
 * command has the default action for all of them, so that both look the same, and a lost one does not.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import t from 'tap'
import { exitOf, own, within } from '../fixtures/children.ts'
import { inParallel } from '../fixtures/in-parallel.ts'
import { ALONE, cleanEnvironment, commandOf } from '../fixtures/start-eyeballd.ts'

t.setTimeout(240_000)

if (process.platform !== 'linux') {
  t.plan(0, 'what a process does with a signal is read from /proc, which is Linux’s')
  process.exit(0)
}

/** Milliseconds after the first moment in which signals are caught. */
const DELAYS_MS = [0, 10, 20, 40, 80, 150, 250, 400]

const catches = (pid: number, signal: NodeJS.Signals): boolean => {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  const mask = BigInt(`0x${/^SigCgt:\s+([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`)
  return (mask & (1n << BigInt(constants.signals[signal] - 1))) !== 0n
}

const endsBy = async (
  t: Test,
  signal: NodeJS.Signals,
  delayMs: number,
  isForGroup: boolean,
): Promise<void> => {
  const words = [...ALONE, ...commandOf(), 'run', '--', 'sleep', '30']
  const [program = '', ...rest] = words
  const child = own(
    spawn(program, rest, {
      detached: true,
      env: cleanEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe'],
    }),
  )
  let err = ''
  child.stderr.on('data', (data: Buffer) => (err += data.toString()))
  const exit = exitOf(child)
  const pid = child.pid ?? 0
  // Node itself catches SIGINT, SIGTERM and SIGUSR1; eyeballd catches SIGHUP, and SIGUSR1 before that.
  while (child.exitCode === null && !catches(pid, 'SIGHUP')) await sleep(1)
  await sleep(delayMs)
  process.kill(isForGroup ? -pid : pid, signal)
  const why = `${signal} ${isForGroup ? 'to the group ' : ''}after ${delayMs} ms`
  t.same(await within(60_000, why, exit), { code: null, signal }, why)
  t.equal(err, '', `${why}: nothing is printed`)
}

for (const [signal, isForGroup] of [
  ['SIGTERM', false],
  ['SIGINT', true],
  ['SIGHUP', false],
  ['SIGUSR1', false],
] as const) {
  t.test(`${signal} is not lost`, t =>
    inParallel(DELAYS_MS.length, 4, index => endsBy(t, signal, DELAYS_MS[index] ?? 0, isForGroup)),
  )
}
