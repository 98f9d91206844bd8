/**
 * The soak itself, in the laboratory's `host` namespace, started by scripts/soak.ts:
 *
 *     ip netns exec HOST node --import=./scripts/compiled.mjs scripts/soak/main.ts OPTIONS
 *
 * OPTIONS is JSON: those of the command, the `net` namespace and a directory. Prints the table, and ends with status
 * 1 if a check is violated.
 */
import { writeFileSync } from 'node:fs'
import { availableParallelism, release } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRandom } from '../../test/fixtures/random.ts'
import { createOwner } from '../lab/owner.ts'
import { establishedWith, failedConnections } from './connection.ts'
import { configurationOf, entrancesOf, filesIn, placesOf } from './configuration.ts'
import { drain, isServing, killAndRestart } from './endings.ts'
import type { FaultContext } from './fault.ts'
import type { Check } from './judge.ts'
import {
  judgeAccepted,
  judgeBalance,
  judgeDescriptors,
  judgeLatency,
  judgeLog,
  judgeMemory,
  none,
} from './judge.ts'
import { linesOf } from './evidence.ts'
import type { Violation } from './ledger.ts'
import { createLedger } from './ledger.ts'
import type { Life } from './life.ts'
import { startLife } from './life.ts'
import { startLoad } from './load.ts'
import type { SoakOptions } from './options.ts'
import { createProbe } from './probe.ts'
import { createRounds } from './rounds.ts'
import { formatResult, formatViolations } from './table.ts'
import type { Sample } from './trend.ts'
import { createWindows } from './windows.ts'
import { createWorld } from './world.ts'

const options = JSON.parse(process.argv[2] ?? '{}') as SoakOptions & {
  readonly net: string
  readonly directory: string
}
const { minutes, seed, processes, rate, bin, json, net, directory } = options

/** Of the time, until the daemon is killed: the second life has a log that goes through a pipe. */
const FIRST_LIFE = 0.7
const startedAt = performance.now()
const startedWallMs = Date.now()
const now = (): number => performance.now() - startedAt
const endsAt = minutes * 60_000
const owner = createOwner()
const files = filesIn(directory)
const entrances = entrancesOf(files)
const windows = createWindows(now)
const ledger = createLedger(windows)
const checks: Check[] = []
const noted = new Map<string, { right: number; wrong: string[] }>()
const memory: Sample[] = []

const say = (text: string): void =>
  console.error(`${(now() / 1000).toFixed(0).padStart(5)} s  ${text}`)

try {
  const { silenceDns } = await createWorld(owner, net, files)
  writeFileSync(files.configuration, JSON.stringify(configurationOf(files, { processes })))

  const start = (name: string, logFile?: string): Life =>
    startLife({
      bin,
      configuration: files.configuration,
      copy: join(directory, `${name}.log`),
      ...(logFile !== undefined && { logFile }),
    })
  const first = start('first', files.log)
  let life = first
  owner.teardown(() => life.kill('SIGKILL'))
  await isServing(life)
  // The second life begins under load; it has the same configuration.
  const before = life.descriptors()
  const load = startLoad({ entrances, ledger, random: createRandom(seed, 1), rate, now })
  const { probes, measure, askHealth } = createProbe(entrances, {
    windows,
    now,
    admin: files.admin,
  })

  const over = new AbortController()
  const repeat = async (everyMs: number, work: () => Promise<void> | void): Promise<void> => {
    for (;;) {
      if (over.signal.aborted) return
      await work()
      await sleep(everyMs)
    }
  }
  const context: FaultContext = {
    life: () => life,
    load,
    files,
    windows,
    random: createRandom(seed, 2),
    processes,
    silenceDns,
    check: (what, isRight, found = '') => {
      const all = noted.get(what) ?? { right: 0, wrong: [] }
      noted.set(what, all)
      if (isRight) all.right++
      else all.wrong.push(`at ${(now() / 1000).toFixed(1)} s: ${found}`)
    },
  }

  const { quietPoint, runFaults, quietPoints, faultsRun } = createRounds(context, {
    now,
    descriptorsBefore: () => before,
    say,
  })

  const loops = [
    repeat(200, measure),
    repeat(1000, askHealth),
    repeat(500, () => {
      // Until the first pause code is compiled, caches fill, and each fault has its first time.
      const isMeasured = quietPoints.length > 0 && life === first
      const value = isMeasured ? life.memory() : undefined
      if (value !== undefined) memory.push({ at: now() / 1000, value })
    }),
  ]
  await sleep(3000)
  await runFaults('file', endsAt * FIRST_LIFE)

  say('kill -9 and restart')
  const endWindow = windows.open('kill -9 and restart', { takes: ['all'] })
  const restarted = await killAndRestart(first, files, () => start('second'))
  life = restarted.life
  const { establishedBefore } = restarted
  endWindow(1000)
  checks.push(restarted.check)

  await runFaults('pipe', endsAt)
  await load.stop()
  await quietPoint()
  over.abort()
  await Promise.all(loops)
  say('drain')
  const drained = await drain(life, files)

  const established = establishedWith(placesOf(files)) - establishedBefore
  const lives = [
    { name: 'first life', one: first, isKilled: true, established: establishedBefore },
    { name: 'second life', one: life, isKilled: false, established },
  ]
  const copies = ['first', 'second'].map(name => join(directory, `${name}.log`))
  const withLines = (violations: readonly Violation[]): string[] =>
    violations.map(each => [each.text, ...linesOf(each, copies, startedWallMs)].join('\n    '))
  const { failed, corrupt, hung, dead } = ledger.violations
  const clients = ledger.rows().reduce((sum, row) => sum + row.clients, 0)
  const worst = lives.flatMap(({ one }) =>
    one.events
      .filter(({ event }) =>
        ['fatal', 'exhausted', 'worker-lost', 'listener-lost'].includes(event ?? ''),
      )
      .map(line => JSON.stringify(line)),
  )
  const dropped = lives.reduce((sum, { one }) => sum + one.accounts.totals.dropped, 0)
  checks.unshift(
    none('every client was served that no fault explains', withLines(failed), `${clients} clients`),
    none('no connection hangs', withLines(hung)),
    none('no byte is wrong or missing', withLines(corrupt)),
    none('no success with a dead target', withLines(dead)),
    ...lives.flatMap(({ name, one, isKilled, established: count }) => [
      judgeAccepted(name, count, one.accounts.balance(isKilled), {
        dropped: one.accounts.totals.dropped,
        isKilled,
        resets: failedConnections().get('ECONNRESET') ?? 0,
      }),
      judgeBalance(name, one.accounts.balance(isKilled), isKilled),
      judgeLog(
        name,
        { ...one.reader, rest: one.reader.rest(), lines: one.reader.lines() },
        isKilled,
      ),
    ]),
    judgeMemory(memory),
    judgeDescriptors(quietPoints),
    judgeLatency(probes.latencies),
    none('healthy and ready whenever it serves', probes.unhealthy, `${probes.asked()} questions`),
    none('no thread, address or descriptor is lost', worst),
    ...[...noted].map(([what, { right, wrong }]) => none(what, wrong, `${right + wrong.length}`)),
  )
  checks.push(...drained)

  const version = process.version
  console.log(
    `eyeballd soak: ${minutes} minutes, ${rate} clients/s, processes ${processes}, seed ${seed}; Node ${version}, Linux ${release()}, ${availableParallelism()} cores; ${dropped} lines of log dropped\n`,
  )
  console.log(formatResult(ledger.rows(), faultsRun, ledger.excusedBy, checks))
  const violations = formatViolations(checks)
  if (violations !== '') console.log(`\n${violations}`)
  if (json !== undefined) {
    const { latencies } = probes
    writeFileSync(
      json,
      `${JSON.stringify({ options, checks, clients: ledger.rows(), memory, latencies, quietPoints, windows: windows.all }, null, 2)}\n`,
    )
  }
  process.exitCode = violations === '' ? 0 : 1
} finally {
  await owner.end()
}
process.exit()
