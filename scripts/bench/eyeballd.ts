import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findNode } from '../find-node.ts'
import { startProcess } from './start-process.ts'
import type { Contender, OriginPorts } from './types.ts'

/** A Node that eyeballd is run on: its program, and its version without the `v`. */
export type NodeProgram = { readonly program: string; readonly version: string }

/**
 * Node by its path, or by a version that npm has.
 *
 * @returns undefined where there is none
 */
export const nodeOf = (wanted: string): NodeProgram | undefined => {
  if (wanted.includes('/')) {
    const { status, stdout } = spawnSync(wanted, ['--version'], { encoding: 'utf8' })
    return status === 0 ? { program: wanted, version: stdout.trim().slice(1) } : undefined
  }
  const [program, exact] = findNode(wanted) ?? []
  return program === undefined || exact === undefined
    ? undefined
    : { program, version: exact.slice(1) }
}

/** What `pipe.engine` is set to. By default it is the splice engine wherever that can be. */
const pipeEngine = { splice: 'auto', stream: 'stream' } as const

type Engine = keyof typeof pipeEngine

/** Its ports: for every protocol, for SOCKS alone, and two forwards. */
type Ports = { readonly mixed: number; readonly socks: number; readonly forward: OriginPorts }

const configuration = (engine: Engine, { mixed, socks, forward }: Ports, to: OriginPorts) => ({
  listeners: [
    { protocol: 'mixed', listen: `127.0.0.1:${mixed}` },
    { protocol: 'socks', listen: `127.0.0.1:${socks}` },
    {
      protocol: 'forward',
      listen: `127.0.0.1:${forward.origin}`,
      target: `127.0.0.1:${to.origin}`,
    },
    { protocol: 'forward', listen: `127.0.0.1:${forward.bulk}`, target: `127.0.0.1:${to.bulk}` },
  ],
  pipe: { engine: pipeEngine[engine] },
  limits: { maxConnections: 20_000 },
})

const LINE_TIMEOUT_MS = 5000

/** The line of a log that tells which engine serves: it may be written a little later than the ports are open. */
const engineLine = async (log: string): Promise<string> => {
  for (const end = performance.now() + LINE_TIMEOUT_MS; ; await sleep(10)) {
    const [line] = readFileSync(log, 'utf8').match(/.*"event":"engine".*/) ?? []
    if (line !== undefined) return line
    if (performance.now() > end) return 'nothing is logged'
  }
}

/**
 * eyeballd with one of its engines on one Node. It writes its log, two lines for a connection, to a
 * file.
 *
 * @param bin the command of a build
 */
export const eyeballdContender = (
  bin: string,
  version: string,
  engine: Engine,
  node: NodeProgram,
): Contender => ({
  name: `eyeballd ${engine}, Node ${node.version.split('.', 1).join('')}`,
  kind: 'eyeballd',
  engine,
  node: node.version,
  version,
  setup: `node bin.js -c FILE >LOG: pipe.engine: ${pipeEngine[engine]}; limits.maxConnections: 20000; log.level: info`,
  speaks: ['socks', 'socksAlone', 'http', 'forward'],
  start: async ({ owner, ports, nextPort, directory }) => {
    const mixed = await nextPort()
    const socks = await nextPort()
    const forward = { origin: await nextPort(), bulk: await nextPort() }
    const config = join(directory, `eyeballd-${socks}.json`)
    writeFileSync(config, JSON.stringify(configuration(engine, { mixed, socks, forward }, ports)))
    const log = join(directory, `eyeballd-${socks}.log`)
    const stdout = openSync(log, 'a')
    try {
      const command = [node.program, bin, '-c', config]
      const all = [mixed, socks, forward.origin, forward.bulk]
      const { pid, startMs, stop } = await startProcess(owner, command, { ports: all, stdout })
      const line = await engineLine(log)
      if (!line.includes(`"engine":"${engine}"`)) throw new Error(`no ${engine} engine: ${line}`)
      const proxy = `127.0.0.1:${mixed}`
      const healthcheck = [node.program, bin, 'healthcheck', '--proxy', proxy]
      const tidy = (): void => truncateSync(log)
      return {
        pids: [pid],
        socks: mixed,
        socksAlone: socks,
        http: mixed,
        forward,
        startMs,
        healthcheck,
        stop,
        tidy,
      }
    } finally {
      closeSync(stdout)
    }
  },
})
