/**
 * Signals that come while the daemon starts: SIGHUP ends nothing, and becomes one reload, or a drain where
 * there is no file; SIGTERM and SIGINT end it, with nothing left behind.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import { exitOf, within } from '../fixtures/children.ts'
import { eventually, inParallel } from '../fixtures/in-parallel.ts'
import type { Starting } from '../fixtures/signal-starts.ts'
import { beginStart, comesTo, isAlive } from '../fixtures/signal-starts.ts'
import { makeSocketDir } from '../fixtures/socket-dir.ts'
import { openSocks } from '../fixtures/socks-client.ts'
import { commandOf } from '../fixtures/start-eyeballd.ts'

t.setTimeout(240_000)

if (process.platform !== 'linux') {
  t.plan(0, 'what a process does with a signal is read from /proc, which is Linux’s')
  process.exit(0)
}

/** Milliseconds after the first moment in which signals are caught. */
const DELAYS_MS = [0, 40, 80, 300]

/** What is there before JavaScript runs is the system's to end: nobody can catch anything yet. */
const isCaught = (starting: Starting): boolean =>
  (['SIGHUP', 'SIGINT', 'SIGTERM'] as const).every(name =>
    starting.catches(constants.signals[name]),
  )

/** Epoch milliseconds, by the log. */
const listeningAt = (starting: Starting): number =>
  Number(/"time":(\d+),"event":"listening"/.exec(starting.output())?.[1])

const configFor = (path: string, processes: number): object => ({
  listeners: [{ protocol: 'socks', listen: `unix:${path}` }],
  processes,
})

const serves = async (path: string): Promise<boolean> => {
  const client = await openSocks({ path })
  const method = await client.greet()
  client.destroy()
  return method === 0
}

/** Ends by SIGTERM, with nothing left. */
const stops = async (t: Test, starting: Starting, path: string, why: string): Promise<void> => {
  const children = starting.children()
  process.kill(starting.pid, 'SIGTERM')
  const exit = await within(10_000, `${why}: it ends`, starting.exited)
  t.same(exit, { code: 0, signal: null }, why)
  t.notOk(existsSync(path), `${why}: no socket is left`)
  t.ok(await eventually(() => !children.some(isAlive)), `${why}: no process is left`)
}

const eachDelay = (run: (delayMs: number) => Promise<void>): Promise<void> =>
  inParallel(DELAYS_MS.length, 4, index => run(DELAYS_MS[index] ?? 0))

for (const processes of [1, 2]) {
  await t.test(`SIGHUP with a file, processes: ${processes}`, t =>
    eachDelay(async delayMs => {
      const why = `after ${delayMs} ms`
      const path = join(makeSocketDir(t), 's')
      const starting = beginStart(t, { config: configFor(path, processes) })
      await comesTo(starting, 'signals are caught', () => isCaught(starting))
      await sleep(delayMs)
      for (let i = 0; i < 3; i++) process.kill(starting.pid, 'SIGHUP')
      const sentAt = Date.now()
      await comesTo(starting, 'it reloads', () => starting.events().includes('reload'))
      t.equal(starting.output().includes('"level":50'), false, `${why}: ${starting.output()}`)
      t.ok(await serves(path), `${why}: it serves`)
      await stops(t, starting, path, why)
      const reloads = starting.events().filter(event => event === 'reload').length
      // A daemon that serves already may answer each of them before the next one comes.
      const most = listeningAt(starting) > sentAt ? 2 : 3
      t.ok(reloads >= 1 && reloads <= most, `${why}: those that wait are one`)
    }),
  )

  await t.test(`SIGTERM and SIGINT, processes: ${processes}`, t =>
    eachDelay(async delayMs => {
      const why = `after ${delayMs} ms`
      const path = join(makeSocketDir(t), 's')
      const starting = beginStart(t, { config: configFor(path, processes) })
      await comesTo(starting, 'signals are caught', () => isCaught(starting))
      await sleep(delayMs)
      process.kill(starting.pid, delayMs % 80 === 0 ? 'SIGTERM' : 'SIGINT')
      const exit = await within(10_000, `${why}: it ends`, starting.exited)
      t.same(exit, { code: 0, signal: null }, `${why}: ${starting.output()}`)
      t.equal(starting.events().at(-1), 'stopped', why)
      t.notOk(existsSync(path), `${why}: no socket is left`)
      t.ok(await eventually(() => !starting.children().some(isAlive)), `${why}: nor a process`)
    }),
  )
}

await t.test('SIGHUP without a file drains', t =>
  eachDelay(async delayMs => {
    const path = join(makeSocketDir(t), 's')
    const starting = beginStart(t, { args: ['-l', `unix:${path}`] })
    await comesTo(starting, 'signals are caught', () => isCaught(starting))
    await sleep(delayMs)
    process.kill(starting.pid, 'SIGHUP')
    const exit = await within(10_000, 'it ends', starting.exited)
    t.same(exit, { code: 0, signal: null }, starting.output())
    t.same(starting.events().slice(-2), ['draining', 'stopped'], `after ${delayMs} ms`)
    t.notOk(existsSync(path), 'no orphan holds its address')
  }),
)

await t.test(
  'a terminal that closes signals all processes, also those that have just begun',
  async t => {
    const path = join(makeSocketDir(t), 's')
    const starting = beginStart(t, { config: configFor(path, 2) })
    await comesTo(starting, 'its processes begin', () => starting.children().length > 0)
    process.kill(-starting.pid, 'SIGHUP')
    await comesTo(starting, 'it reloads', () => starting.events().includes('reload'))
    t.ok(await serves(path), starting.output())
    await stops(t, starting, path, 'in the end')
  },
)

await t.test('Ctrl-C ends all processes, those too that have just begun', async t => {
  const path = join(makeSocketDir(t), 's')
  const starting = beginStart(t, { config: configFor(path, 2) })
  await comesTo(starting, 'its processes begin', () => starting.children().length > 0)
  process.kill(-starting.pid, 'SIGINT')
  const exit = await within(10_000, 'it ends', starting.exited)
  t.same(exit, { code: 0, signal: null }, starting.output())
  t.notOk(existsSync(path))
})

await t.test('other commands end by a signal as any program does', async t => {
  const [program = '', ...words] = commandOf()
  const stdio = ['pipe', 'ignore', 'inherit'] as const
  for (const [signal, delayMs] of [
    ['SIGHUP', 50],
    ['SIGTERM', 100],
    ['SIGINT', 1000],
  ] as const) {
    // It waits for its standard input.
    const child = spawn(program, [...words, 'hash-password'], { stdio: [...stdio] })
    t.teardown(() => child.kill('SIGKILL'))
    const exited = exitOf(child)
    await sleep(delayMs)
    child.kill(signal)
    t.same(await within(10_000, 'it ends', exited), { code: null, signal }, `after ${delayMs} ms`)
  }
})
