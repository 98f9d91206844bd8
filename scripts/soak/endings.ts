import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { within } from '../../test/fixtures/children.ts'
import { eventually } from '../../test/fixtures/in-parallel.ts'
import { socketStatesTo } from '../../test/fixtures/process-figures.ts'
import type { SoakFiles } from './configuration.ts'
import { DRAIN_MS, entrancesOf, placesOf } from './configuration.ts'
import type { Connection } from './connection.ts'
import { establishedWith, openConnection } from './connection.ts'
import type { Check } from './judge.ts'
import { none } from './judge.ts'
import type { Life } from './life.ts'
import { NEAR, PORTS } from './targets.ts'
import type { Way } from './ways.ts'
import { plainWay } from './ways.ts'

/** Addresses of the configuration. */
export const ADDRESSES = 8

const START_MS = 30_000

/** Resolves when every address is open. */
export const isServing = async (life: Life): Promise<void> => {
  const isListening = ({ event }: { readonly event?: string }): boolean => event === 'listening'
  const all = (): boolean => life.events.filter(isListening).length >= ADDRESSES
  while (!all()) await life.waitFor(line => isListening(line) && all(), START_MS, 0)
}

const openRelay = async (way: Way): Promise<Connection> => {
  const connection = await openConnection(way.place)
  await way.ask(connection, NEAR, PORTS.stream)
  await connection.write('echo\n')
  return connection
}

const answers = async (connection: Connection): Promise<boolean> => {
  await connection.write('ping')
  return (await connection.read(4)).toString() === 'ping'
}

/** Every process of a daemon has ended. */
const areGone = (pids: readonly number[]): boolean => !pids.some(pid => existsSync(`/proc/${pid}`))

/**
 * Ends the daemon by SIGKILL and starts another one: it serves, on the same addresses, over the socket files that
 * the first one has left.
 */
export const killAndRestart = async (
  life: Life,
  files: SoakFiles,
  start: () => Life,
): Promise<{ readonly life: Life; readonly establishedBefore: number; readonly check: Check }> => {
  const pids = life.pids()
  life.kill('SIGKILL')
  const killedAt = performance.now()
  await life.exited
  // All that is established from now on is the next one's.
  const establishedBefore = establishedWith(placesOf(files))
  const next = start()
  const startedAt = performance.now()
  const entrances = entrancesOf(files)
  await isServing(next)
  const relays = [
    openRelay(plainWay(entrances)),
    openRelay({ ...plainWay(entrances), place: entrances.unix }),
  ]
  const served = await Promise.all(relays.map(async relay => answers(await relay)))
  const ms = performance.now() - startedAt
  for (const relay of relays) (await relay).destroy()
  // Worker processes drain when their primary has died.
  const haveEnded = await eventually(() => areGone(pids), DRAIN_MS + 10_000)
  const goneMs = performance.now() - killedAt
  return {
    life: next,
    establishedBefore,
    check: {
      what: 'kill -9: all processes end, and a restart serves, on the UNIX socket too',
      isRight: haveEnded && served.every(Boolean),
      found: `gone after ${goneMs.toFixed(0)} ms, the restart served after ${ms.toFixed(0)} ms`,
      evidence: haveEnded ? [] : [`processes that live on: ${pids.join(', ')}`],
    },
  }
}

const HELD = 5

/** SIGTERM with open connections: they go on until the drain is over, new ones are refused, the status is 0. */
export const drain = async (life: Life, files: SoakFiles): Promise<Check[]> => {
  const wrong: string[] = []
  const note = (isRight: boolean, what: string): void => void (isRight || wrong.push(what))
  const way = plainWay(entrancesOf(files))
  const held = await Promise.all(Array.from({ length: HELD }, () => openRelay(way)))
  const pids = life.pids()
  const draining = life.waitFor(({ event }) => event === 'draining', 10_000)
  life.kill('SIGTERM')
  const startedAt = performance.now()
  note((await draining)['connections'] === HELD, 'the line `draining` counts other connections')
  await sleep(500)
  const refusal = await openConnection(way.place).then(
    () => 'a connection',
    (error: Error & { code?: string }) => error.code,
  )
  note(refusal === 'ECONNREFUSED', `a new client gets ${refusal}`)
  for (const connection of held) {
    note(await answers(connection).catch(() => false), 'a held connection does not answer')
  }
  const { code, signal } = await within(DRAIN_MS + 20_000, 'the daemon ends', life.exited)
  const ms = performance.now() - startedAt
  for (const connection of held) connection.destroy()
  note(code === 0, `the exit status is ${code ?? signal}`)
  note(life.events.at(-1)?.event === 'stopped', 'the last line is not `stopped`')
  note(life.accounts.totals.closed.get('drain') === HELD, 'not each held connection has `drain`')
  return [
    {
      ...none('drain: open connections go on, then end; status 0', wrong),
      found: `${(ms / 1000).toFixed(1)} s`,
    },
    none('nothing on standard error', life.stderr() === '' ? [] : [life.stderr()]),
    await judgeLeft(pids, files),
  ]
}

const LISTENED = [1080, 1081, 1082, 1083, 1084, 1085, 1086]

const judgeLeft = async (pids: readonly number[], files: SoakFiles): Promise<Check> => {
  const sockets = (): string[] =>
    [...LISTENED, PORTS.stream, PORTS.http].flatMap(port =>
      socketStatesTo(port)
        .filter(state => state !== 'TIME_WAIT')
        .map(state => `a socket to port ${port} is ${state}`),
    )
  // The kernel goes on for a moment.
  await eventually(() => sockets().length === 0, 5000)
  return none('nothing is left: processes, sockets, socket files', [
    ...pids.filter(pid => !areGone([pid])).map(pid => `process ${pid}`),
    ...[files.socket, files.admin].filter(existsSync),
    ...sockets(),
  ])
}
