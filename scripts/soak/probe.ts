import { openConnection } from './connection.ts'
import { NEAR, PORTS } from './targets.ts'
import type { Entrances, Way } from './ways.ts'
import { plainWay } from './ways.ts'
import { askAdmin } from '../../test/fixtures/ask-admin.ts'
import type { Windows } from './windows.ts'

/** One measurement of a client: milliseconds through the daemon, and at the same moment without it. */
export type Latency = { readonly at: number; readonly ms: number; readonly directMs: number }

export type Probes = {
  readonly latencies: readonly Latency[]
  /** Answers of the health endpoint that were not 200. */
  readonly unhealthy: readonly string[]
  readonly asked: () => number
}

const PING = Buffer.from('echo\nping')

/** Milliseconds from connect to the first answer of the target. */
const ping = async (way: Way | undefined): Promise<number> => {
  const place = way?.place ?? { host: NEAR.host, port: PORTS.stream }
  const startedAt = performance.now()
  const connection = await openConnection(place)
  try {
    await way?.ask(connection, NEAR, PORTS.stream)
    await connection.write(PING)
    await connection.read(4)
    return performance.now() - startedAt
  } finally {
    connection.destroy()
  }
}

/** Measures again and again while no fault is at work, and asks for the daemon's health all the time. */
export const createProbe = (
  entrances: Entrances,
  { windows, now, admin }: { windows: Windows; now: () => number; admin: string },
) => {
  const latencies: Latency[] = []
  const unhealthy: string[] = []
  let asked = 0
  const way = plainWay(entrances)

  const measure = async (): Promise<void> => {
    const from = now()
    if (!windows.isQuiet(from, from)) return
    try {
      const directMs = await ping(undefined)
      const ms = await ping(way)
      if (windows.isQuiet(from, now())) latencies.push({ at: from / 1000, ms, directMs })
    } catch (error) {
      const word = (error as Error).message
      if (windows.isQuiet(from, now())) unhealthy.push(`a measurement failed: ${word}`)
    }
  }
  const askHealth = async (): Promise<void> => {
    const from = now()
    for (const path of ['/healthz', '/readyz']) {
      const word = await askAdmin({ path: admin }, path).then(
        ({ status }) => String(status),
        (error: Error) => error.message,
      )
      asked++
      if (word === '200') continue
      if (windows.excuse(from, now(), []) === undefined) {
        unhealthy.push(`at ${(from / 1000).toFixed(1)} s ${path}: ${word}`)
      }
    }
  }
  return {
    probes: { latencies, unhealthy, asked: () => asked } satisfies Probes,
    measure,
    askHealth,
  }
}
