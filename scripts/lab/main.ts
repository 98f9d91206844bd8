/**
 * The laboratory's runs, in its `host` namespace, where resolv.conf names two DNS servers:
 *
 *     ip netns exec HOST node --import=./scripts/compiled.mjs scripts/lab/main.ts NET PORT TLS_PORT RUNS ONLY [FILE]
 *
 * Prints the table; writes all that was measured to FILE as JSON. ONLY is a part of the
 * names of the rows that are wanted; all have an empty one.
 */
import { writeFileSync } from 'node:fs'
import { release } from 'node:os'
import { createDnsServer } from '../../test/fixtures/dns-server.ts'
import type { DnsServer } from '../../test/fixtures/dns-server.ts'
import { createLabFaults } from '../../test/fixtures/lab-faults.ts'
import { createLabWorlds } from '../../test/fixtures/lab-worlds.ts'
import { PROGRAMS } from './programs.ts'
import { LAB_SCENARIOS } from './scenarios.ts'
import type { LabScenario } from './scenarios.ts'
import { formatCell, formatTable } from './table.ts'
import type { Cell } from './table.ts'
import type { Measured, Program, Running, Task } from './types.ts'

const [net = '', port, tlsPort, runs, only = '', file] = process.argv.slice(2)

/** The servers of resolv.conf, in its order. */
const DNS_SERVERS = ['127.0.0.1', '127.0.0.2'] as const
const [first, second] = (await Promise.all(
  DNS_SERVERS.map(address => createDnsServer({}, { address, port: 53 })),
)) as [DnsServer, DnsServer]
const newWorld = createLabWorlds(second, createLabFaults(net))

const taskOf = ({ kind, boundMs }: LabScenario, host: string): Task => ({
  kind,
  host,
  port: Number(kind === 'connect' ? port : tlsPort),
  boundMs,
})

/** Code that has never run is slow, and its first run is not what is measured. */
const warmUp = async (running: Running, scenario: LabScenario): Promise<void> => {
  for (let i = 0; i < 3; i++) {
    const { name, six, four } = newWorld()
    const addresses = [six(), four()]
    for (const server of [first, second]) server.set(name, { addresses })
    await running.measure(taskOf(scenario, name))
  }
}

/** One run: a program as it is when it has just been started, in a world that it has never seen. */
const runOnce = async (program: Program, scenario: LabScenario): Promise<readonly Measured[]> => {
  const { rows, arrange, hostOf = name => name, kind } = scenario
  let running: Running | undefined
  try {
    running = await program.start({ confirm: kind === 'https' })
    await warmUp(running, scenario)
    const world = newWorld()
    arrange(world, first)
    const measured: Measured[] = []
    for (const row of rows.keys()) {
      measured.push(await running.measure(taskOf(scenario, hostOf(world.name, row))))
    }
    return measured
  } catch (error) {
    console.error(`${program.name}: ${(error as Error).message}`)
    return rows.map(() => ({ failure: 'does not start' }))
  } finally {
    await running?.stop()
  }
}

const isLate = (one: Measured): boolean => 'failure' in one && one.failure === 'late'

const hold = async (scenario: LabScenario): Promise<Cell[]> => {
  const { rows, boundMs } = scenario
  const columns = PROGRAMS.map(program => ({ program, runs: [] as (readonly Measured[])[] }))
  for (let run = 0; run < Number(runs); run++) {
    // Whatever else the machine does meanwhile meets all of them.
    for (const { program, runs: done } of columns) {
      // One that hung once is not waited for again.
      if (done.some(measured => measured.some(isLate))) continue
      done.push(await runOnce(program, scenario))
    }
  }
  return rows.flatMap((row, i) =>
    columns.map(({ program, runs: done }) => ({
      program: program.name,
      row,
      boundMs,
      measured: done.flatMap(measured => measured[i] ?? []),
    })),
  )
}

const date = new Date().toISOString().slice(0, 10)
const versions = PROGRAMS.map(({ name, version }) => `${name} ${version}`).join(', ')
console.log(`${date}, ${runs} runs each, Linux ${release()}, ${versions}\n`)
const cells: Cell[] = []
const isWanted = ({ rows }: LabScenario): boolean => rows.some(row => row.includes(only))
for (const scenario of LAB_SCENARIOS.filter(isWanted)) {
  const measured = await hold(scenario)
  for (const cell of measured) {
    console.error(`${cell.row}: ${cell.program} ${formatCell(cell)}`)
  }
  cells.push(...measured)
}
console.log(formatTable(cells))
if (file !== undefined) {
  const programs = Object.fromEntries(PROGRAMS.map(({ name, version }) => [name, version]))
  const all = { date, kernel: release(), node: process.version, programs, cells }
  writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`)
}
await Promise.all([first.close(), second.close()])
