import { setTimeout as sleep } from 'node:timers/promises'
import { askAdmin } from '../../test/fixtures/ask-admin.ts'
import { eventually } from '../../test/fixtures/in-parallel.ts'
import { descriptorNames } from '../../test/fixtures/process-figures.ts'
import type { Fault, FaultContext } from './fault.ts'
import { FAULTS } from './faults.ts'
import { compareWithLog, parseExposition } from './metrics.ts'

/** Metrics and log may differ by this part once a process was killed: it had counted what it never reported. */
const KILLED_SLACK = 0.05

/** Descriptors of all processes of the daemon: those before its load, and those of a moment without a client. */
export type QuietPoint = { readonly at: number; readonly before: number; readonly after: number }

export type Rounds = {
  /** Each fault in a random order, then a pause, again and again. */
  readonly runFaults: (log: 'file' | 'pipe', untilMs: number) => Promise<void>
  /** No client comes until all have gone: then nothing of them may be left. */
  readonly quietPoint: () => Promise<void>
  readonly quietPoints: readonly QuietPoint[]
  /** How often each fault was at work. */
  readonly faultsRun: ReadonlyMap<string, number>
}

export const createRounds = (
  context: FaultContext,
  {
    now,
    descriptorsBefore,
    say,
  }: {
    readonly now: () => number
    readonly descriptorsBefore: () => number
    readonly say: (text: string) => void
  },
): Rounds => {
  const { life, load, files, windows, random, processes, check } = context
  const quietPoints: QuietPoint[] = []
  const faultsRun = new Map<string, number>()

  /** Worker processes report once a second, and the log has its delay. */
  const compareMetrics = async (): Promise<void> => {
    let found: string[] = []
    for (let tries = 0; tries < 8; tries++) {
      const { status, body } = await askAdmin({ path: files.admin }, '/metrics')
      if (status !== 200)
        return check('the metrics are those of the log', false, `status ${status}`)
      const { accounts } = life()
      const slack = accounts.lostProcesses() > 0 ? KILLED_SLACK : 0
      found = compareWithLog(parseExposition(body), accounts.totals, 'extra', slack)
      if (found.length === 0) break
      await sleep(500)
    }
    check('the metrics are those of the log', found.length === 0, found.join('; '))
  }

  const quietPoint = async (): Promise<void> => {
    load.pause()
    // Nor is anything measured.
    const endWindow = windows.open('pause', {})
    const haveLeft = await eventually(() => load.active() === 0, 90_000)
    check('every client comes to its end', haveLeft, `${load.active()} are left`)
    const { accounts, descriptors, memory, pids } = life()
    const before = descriptorsBefore()
    await eventually(() => accounts.open() === 0 && descriptors() <= before, 15_000)
    const after = descriptors()
    quietPoints.push({ at: now() / 1000, before, after })
    say(`pause: ${after} descriptors, ${memory()?.toFixed(0)} MiB`)
    if (after > before) say(pids().flatMap(descriptorNames).join(' '))
    await compareMetrics()
    const open = accounts.open()
    check('no connection is open in the log when no client is there', open === 0, `${open} are`)
    endWindow()
    load.resume()
  }

  const run = async (fault: Fault): Promise<void> => {
    say(fault.name)
    faultsRun.set(fault.name, (faultsRun.get(fault.name) ?? 0) + 1)
    const wrong = await fault.run(context).then(
      () => undefined,
      (error: Error) => error.message,
    )
    if (wrong !== undefined) windows.endAll()
    const all = 'every fault comes and goes as it should'
    check(all, wrong === undefined, `${fault.name}: ${wrong}`)
  }

  const runFaults = async (log: 'file' | 'pipe', untilMs: number): Promise<void> => {
    const fits = ({ needs }: Fault): boolean =>
      needs === undefined || needs === log || (needs === 'processes' && processes > 1)
    for (;;) {
      const deck = FAULTS.filter(fits)
        .map(fault => ({ fault, place: random.between(0, 1e9) }))
        .toSorted((a, b) => a.place - b.place)
      for (const { fault } of deck) {
        await sleep(random.between(500, 4000))
        if (now() > untilMs) return
        await run(fault)
      }
      await quietPoint()
    }
  }

  return { runFaults, quietPoint, quietPoints, faultsRun }
}
