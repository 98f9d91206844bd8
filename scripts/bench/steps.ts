import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Report, Route } from './load/types.ts'
import { childrenCpuMs, cpuMsOf, pssOf } from './process-tree.ts'
import type { Generator } from './start-load.ts'
import type { Contender, OriginPorts, Sample, Started, Way } from './types.ts'

/** What a step has to work with. */
export type Bench = {
  readonly contender: Contender
  readonly ports: OriginPorts
  /** It is started already, and warm. */
  readonly started: Started
  /** Another one, that has done nothing yet. */
  readonly startFresh: () => Promise<Started>
  readonly main: Generator
  /** For what goes on beside the main job. */
  readonly beside: Generator
  readonly seconds: number
  /** Idle connections that are tried beside a bulk transfer. */
  readonly maxIdle: number
}

type Found = Pick<Sample, 'values' | 'failure'>

export type Step = {
  readonly name: string
  /** Also done once, for a moment, before the first round. */
  readonly isWarmUp?: boolean
  readonly suits: (contender: Contender) => boolean
  readonly run: (bench: Bench) => Promise<Found>
}

const WARM_SECONDS = 0.2
/** A program's memory has come to rest. */
const REST_MS = 500
const FEWER_IDLE = 1000
const MORE_IDLE = 4000
const INTERACTIVE = 100
const PACE_MS = 50
/** CPU time is counted in steps of 10 ms. */
const CHECKS = 5

/** By SOCKS where it is spoken, else by HTTP or a forward. */
const routeTo = (
  started: Started,
  ports: OriginPorts,
  to: keyof OriginPorts,
  way: Way | 'any' = 'any',
): Route => {
  const originPort = ports[to]
  if (way === 'http') return { port: started.http ?? 0, httpHost: 'localhost', originPort }
  if (way === 'socksAlone')
    return { port: started.socksAlone ?? 0, socksHost: 'localhost', originPort }
  if (started.socks === undefined && started.http !== undefined && way === 'any')
    return { port: started.http, httpHost: '127.0.0.1', originPort }
  if (started.socks !== undefined && way !== 'forward') {
    // Names are what connections by SOCKS are measured with; the rest need not pay for them.
    const socksHost = way === 'socks' ? 'localhost' : '127.0.0.1'
    return { port: started.socks, socksHost, originPort }
  }
  return { port: started.forward?.[to] ?? 0, originPort }
}

const failureOf = (...reports: readonly Report[]): { failure?: string } => {
  const first = reports.find(({ failure }) => failure !== undefined)
  return first?.failure === undefined ? {} : { failure: `${first.failure} (${first.failed} times)` }
}

/** Values, without those that are not there. */
const defined = (values: Readonly<Record<string, number | undefined>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== undefined),
  )

const scaled = (value: number | undefined, factor: number): number | undefined =>
  value === undefined ? undefined : value * factor

const GIGA = 1e-9

const bulk = (kind: 'down' | 'up', conns: number): Step => ({
  name: `${kind}${conns}`,
  suits: () => true,
  run: async ({ started, ports, main, seconds }) => {
    const route = routeTo(started, ports, 'bulk')
    const cpuBefore = cpuMsOf(started.pids)
    const report = await main.run({ kind, route, conns, seconds, warmSeconds: WARM_SECONDS })
    const failure = failureOf(report)
    // A transfer that lost a byte has no speed.
    if (failure.failure !== undefined) return { values: {}, ...failure }
    return {
      values: defined({
        [`${kind}${conns}`]: scaled(report.perSecond, GIGA),
        bytes: report.bytes,
        cpuMs: cpuMsOf(started.pids) - cpuBefore,
      }),
    }
  },
})

const rate = (way: Way): Step => ({
  name: way,
  isWarmUp: true,
  suits: ({ speaks }) => speaks.includes(way),
  run: async ({ started, ports, main, seconds }) => {
    const route = routeTo(started, ports, 'origin', way)
    const cpuBefore = cpuMsOf(started.pids)
    const report = await main.run({ kind: 'rate', route, conns: 50, seconds })
    const cpuMs = cpuMsOf(started.pids) - cpuBefore
    started.tidy?.()
    return {
      values: defined({
        [way]: report.perSecond,
        [`${way}50`]: scaled(report.p50, 1e-3),
        [`${way}99`]: scaled(report.p99, 1e-3),
        [`${way}Cpu`]: cpuMs > 0 && report.finished ? (cpuMs * 1000) / report.finished : undefined,
      }),
      ...failureOf(report),
    }
  },
})

const ping: Step = {
  name: 'ping',
  isWarmUp: true,
  suits: () => true,
  run: async ({ started, ports, main, seconds }) => {
    const route = routeTo(started, ports, 'origin')
    const report = await main.run({ kind: 'ping', route, conns: 20, seconds, paceMs: 0 })
    return {
      values: defined({ ping: report.perSecond, ping50: report.p50, ping99: report.p99 }),
      ...failureOf(report),
    }
  },
}

/** A hundred connections that mostly rest, alone and beside a bulk transfer. */
const interactive: Step = {
  name: 'interactive',
  suits: () => true,
  run: async ({ started, ports, main, beside, seconds }) => {
    const route = routeTo(started, ports, 'origin')
    const job = { kind: 'ping', route, conns: INTERACTIVE, seconds, paceMs: PACE_MS } as const
    const quiet = await main.run(job)
    const bulkJob = beside.run({
      kind: 'down',
      route: routeTo(started, ports, 'bulk'),
      conns: 1,
      seconds: seconds + 1,
      warmSeconds: WARM_SECONDS,
    })
    await sleep(WARM_SECONDS * 1000)
    const [busy, bulkReport] = await Promise.all([main.run(job), bulkJob])
    return {
      values: defined({
        quiet99: scaled(quiet.p99, 1e-3),
        busy99: scaled(busy.p99, 1e-3),
        busyTimes: quiet.p99 && busy.p99 && busy.p99 / quiet.p99,
      }),
      ...failureOf(quiet, busy, bulkReport),
    }
  },
}

/** The memory of a program alone and with idle connections, and what these cost a transfer beside them. */
const idle: Step = {
  name: 'idle',
  suits: () => true,
  run: async ({ contender, ports, startFresh, main, beside, seconds, maxIdle }) => {
    const started = await startFresh()
    const route = routeTo(started, ports, 'origin')
    const transfer = (): Promise<Report> =>
      beside.run({
        kind: 'down',
        route: routeTo(started, ports, 'bulk'),
        conns: 1,
        seconds,
        warmSeconds: WARM_SECONDS,
      })
    const hold = async (conns: number): Promise<{ pss: number; report: Report }> => {
      const report = await main.run({ kind: 'hold', route, conns })
      await sleep(REST_MS)
      return { pss: pssOf(started.pids), report }
    }
    try {
      await sleep(REST_MS)
      const hasProcess = started.pids.length > 0
      const base = hasProcess ? pssOf(started.pids) / 1024 : undefined
      await main.run({ kind: 'rate', route, conns: 50, seconds: 0.5 })
      const alone = await transfer()
      const fewer = await hold(FEWER_IDLE)
      const most = Math.min(maxIdle, contender.maxIdle ?? Infinity)
      const more = await hold(Math.min(MORE_IDLE, most))
      const all = await hold(most)
      const besideIdle = await transfer()
      const released = await main.run({ kind: 'release' })
      const grown = (more.report.held ?? 0) - (fewer.report.held ?? 0)
      const isWhole = grown === Math.min(MORE_IDLE, most) - FEWER_IDLE
      return {
        values: defined({
          base,
          idle: isWhole && hasProcess ? (more.pss - fewer.pss) / grown : undefined,
          held: all.report.held,
          besideIdle: scaled(besideIdle.perSecond, GIGA),
          besideShare:
            alone.perSecond === undefined || besideIdle.perSecond === undefined
              ? undefined
              : (besideIdle.perSecond / alone.perSecond) * 100,
        }),
        ...failureOf(...(isWhole ? [] : [more.report]), alone, besideIdle, released),
      }
    } finally {
      await main.run({ kind: 'release' })
      await started.stop()
      started.tidy?.()
    }
  },
}

/** From exec to the first port that answers, and the CPU time until then. */
const start: Step = {
  name: 'start',
  suits: ({ kind }) => kind !== 'direct',
  run: async ({ startFresh }) => {
    const started = await startFresh()
    try {
      return { values: defined({ startMs: started.startMs, startCpu: cpuMsOf(started.pids) }) }
    } finally {
      await started.stop()
      started.tidy?.()
    }
  },
}

/** A health check, as a container runs it every few seconds: its CPU time. */
const check: Step = {
  name: 'check',
  suits: ({ kind }) => kind === 'eyeballd',
  run: async ({ started }) => {
    const [program = '', ...args] = started.healthcheck ?? []
    const before = childrenCpuMs()
    for (let i = 0; i < CHECKS; i++) {
      const { status } = spawnSync(program, args)
      if (status !== 0) return { values: {}, failure: `the health check ended with ${status}` }
    }
    return { values: { check: (childrenCpuMs() - before) / CHECKS } }
  },
}

/** What each contender is put through in each round, in this order. */
export const STEPS: readonly Step[] = [
  bulk('down', 1),
  bulk('down', 8),
  bulk('up', 1),
  bulk('up', 8),
  ping,
  rate('socks'),
  rate('socksAlone'),
  rate('http'),
  rate('forward'),
  interactive,
  idle,
  start,
  check,
]
