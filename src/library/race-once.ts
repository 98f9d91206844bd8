import { channel } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import type { Clock } from '../core/clock.ts'
import { formatHostPort } from '../core/host-port.ts'
import type { LookupParts } from '../dial/create-dialer.ts'
import { createHostLookups } from '../dial/create-dialer.ts'
import { raceReport } from '../eyeballs/race/report.ts'
import type { RaceTrace } from '../eyeballs/race/types.ts'
import type { DialResult } from '../eyeballs/types.ts'
import type { Interfaces } from '../net/host/interfaces.ts'
import { createInterfaces } from '../net/host/interfaces.ts'
import { openFilesLimit } from '../net/host/open-files.ts'
import { createRealClock } from '../net/host/real-clock.ts'
import type { Network } from '../net/network.ts'
import { createNodeNetwork } from '../net/node/node-network.ts'
import { createPlainConnect } from '../net/node/plain-connect.ts'
import { queriesMax } from '../resolver/query-load.ts'
import { toAddrInfo } from './addr-info.ts'
import { createRaceError } from './race-error.ts'
import type { CheckedOptions } from './race-options.ts'

/** The parts that all races of this process share. */
type HostParts = {
  readonly clock: Clock
  readonly interfaces: () => Interfaces
  readonly network: Network<Socket>
  readonly lookups: LookupParts
}

let parts: HostParts | undefined

/** Creates the shared parts at the first call. They keep nothing open. */
export const hostParts = (): HostParts => {
  if (parts) return parts
  const clock = createRealClock()
  const interfaces = createInterfaces({ clock })
  parts = {
    clock,
    interfaces,
    network: createNodeNetwork({ clock, interfaces }),
    lookups: createHostLookups({
      hasInterface: name => interfaces().names.has(name),
      queriesMax: queriesMax(openFilesLimit()),
    }),
  }
  return parts
}

const races = channel('eyeballd:race')

/**
 * Publishes a finished race as a RaceReport on the channel `eyeballd:race` of `node:diagnostics_channel`.
 * Without subscribers, no report is built.
 *
 * @param target the requested target; if its host is null, the given addresses
 */
export const publishRace = (
  trace: RaceTrace,
  { host, port }: { readonly host: string | null; readonly port: number | null },
): void => {
  if (!races.hasSubscribers) return
  const target = host === null || port === null ? undefined : formatHostPort({ host, port })
  races.publish(raceReport(trace, target))
}

type Waiting = { readonly runs: Set<() => void>; readonly onAbort: () => void }

const waiting = new WeakMap<AbortSignal, Waiting>()

/**
 * Calls `run` once when a signal aborts. All calls for one signal share one listener: Node warns of a leak
 * if a signal has more than ten, and a signal that ends all races of a program needs many.
 *
 * @param signal not aborted yet
 * @returns removes `run`; removing the last one also removes the signal's listener
 */
export const onAbort = (signal: AbortSignal, run: () => void): (() => void) => {
  let shared = waiting.get(signal)
  if (!shared) {
    const runs = new Set<() => void>()
    const onEvent = (): void => {
      waiting.delete(signal)
      for (const each of runs) each()
    }
    shared = { runs, onAbort: onEvent }
    waiting.set(signal, shared)
    signal.addEventListener('abort', onEvent, { once: true })
  }
  const { runs, onAbort: listener } = shared
  // A new function for each call, because two calls may pass the same `run`.
  const own = (): void => run()
  runs.add(own)
  return () => {
    runs.delete(own)
    if (runs.size > 0 || waiting.get(signal)?.runs !== runs) return
    waiting.delete(signal)
    signal.removeEventListener('abort', listener)
  }
}

/**
 * Runs one race of the library, with sockets as its options say, and converts its result for the caller.
 * The winner is a plain socket that the caller owns; without a winner, every socket is closed before this
 * rejects.
 *
 * @param target the target in error messages
 * @param dial runs the race on this network until this signal aborts
 * @throws RaceError; the signal's reason; what `onTrace` threw
 */
export const raceOnce = async (
  { signal, locals, socketFactory }: CheckedOptions,
  target: { readonly host: string | null; readonly port: number | null },
  dial: (network: Network<Socket>, ending: AbortSignal) => Promise<DialResult<Socket>>,
): Promise<Socket> => {
  if (signal?.aborted === true) throw signal.reason
  const { interfaces, network } = hostParts()
  const { connect, reset, allClosed } = createPlainConnect({
    hasInterface: name => interfaces().names.has(name),
    makeSocket: socketFactory && (endpoint => socketFactory(toAddrInfo(endpoint))),
    locals,
  })
  const ending = new AbortController()
  const release = signal && onAbort(signal, () => ending.abort())
  const result = await dial({ ...network, connect, reset }, ending.signal).catch(
    async (error: unknown) => {
      release?.()
      await allClosed()
      throw error
    },
  )
  release?.()
  publishRace(result.trace, target)
  if (result.outcome === 'won') return result.socket
  await allClosed()
  if (result.outcome === 'failed') throw createRaceError(result, target)
  throw signal?.reason
}
