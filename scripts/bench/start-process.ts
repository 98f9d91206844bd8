import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Owner } from '../../test/fixtures/children.ts'
import { endChild, own, within } from '../../test/fixtures/children.ts'
import { killLeft, processTree } from './process-tree.ts'

const START_MS = 10_000
/** How often it looks whether a port answers: the error of `startMs`. */
const LOOK_INTERVAL_MS = 2
/** So much of what a program says is kept, for the message when it does not start. */
const TAIL_CHARACTERS = 2000

export type ProcessOptions = {
  /** It has started when something answers at each of these ports of 127.0.0.1. */
  readonly ports: readonly number[]
  /** Where its standard output goes; by default nowhere. */
  readonly stdout?: number
  /** Its errors are not listened to: it would pay for writing them. */
  readonly isMute?: boolean
}

const answers = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })

export type RunningProcess = {
  readonly pid: number
  /** From exec to the first answer at each port, in milliseconds. */
  readonly startMs: number
  readonly stop: () => Promise<void>
}

/**
 * Starts a program and waits until it serves. It ends by `stop`, or with its owner, and so do all
 * processes that it has made.
 */
export const startProcess = async (
  owner: Owner,
  [program = '', ...args]: readonly string[],
  { ports, stdout, isMute = false }: ProcessOptions,
): Promise<RunningProcess> => {
  const beganAt = performance.now()
  const stderr = isMute ? 'ignore' : 'pipe'
  const child = own(spawn(program, args, { stdio: ['ignore', stdout ?? 'ignore', stderr] }))
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('latin1')).slice(-TAIL_CHARACTERS)
  })
  const stop = async (): Promise<void> => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    const all = processTree([child.pid])
    await endChild(child)
    killLeft(all)
  }
  owner.teardown(stop)
  const died = new Promise<never>((_, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      reject(new Error(`${program} ended with ${code ?? signal} ${said.trim()}`.trimEnd()))
    })
  })
  died.catch(() => {})
  const givenUp = new AbortController()
  let startMs = 0
  const up = async (): Promise<void> => {
    for (const port of ports) {
      while (!givenUp.signal.aborted && !(await answers(port))) await sleep(LOOK_INTERVAL_MS)
    }
    startMs = performance.now() - beganAt
  }
  try {
    await within(START_MS, `${program} answers at ${ports.join(', ')}`, Promise.race([up(), died]))
  } catch (error) {
    await stop()
    throw error
  } finally {
    givenUp.abort()
  }
  return { pid: child.pid ?? 0, startMs, stop }
}
