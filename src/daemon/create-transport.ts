import { availableParallelism } from 'node:os'
import type { PipeConfig } from '../config/types.ts'
import type { Clock } from '../core/clock.ts'
import { errorOf, fail } from '../core/fail.ts'
import type { KeepAlive, StreamSocket } from '../core/stream-socket.ts'
import { errnoError } from '../libc/errno-error.ts'
import type { Libc, LoadedLibc } from '../libc/libc.ts'
import { loadLibc } from '../libc/load-libc.ts'
import type { Poller } from '../libc/epoll-events.ts'
import { createPoller } from '../libc/poller.ts'
import type { DaemonEvent } from '../log/types.ts'
import type { EgressNetworks } from '../net/egress-networks.ts'
import type { Interfaces } from '../net/host/interfaces.ts'
import { createSourceTurns } from '../net/host/source-address.ts'
import type { Listen } from '../net/listen.ts'
import { createNativeEgress } from '../net/native/native-egress.ts'
import { createNativeListen } from '../net/native/native-listen.ts'
import { createNativeNetwork } from '../net/native/native-network.ts'
import type { Network, OnExhausted } from '../net/network.ts'
import { createNodeEgress } from '../net/node/node-egress.ts'
import { createNodeListen } from '../net/node/node-listen.ts'
import { createNodeNetwork } from '../net/node/node-network.ts'
import { createSocketTuning } from '../net/socket-tuning.ts'
import type { CountedJoin, Join, PipeEngine } from '../pipe/join.ts'
import { createCountedJoin, createKeptAliveJoin } from '../pipe/join.ts'
import type { KeptTargets } from '../pipe/kept-targets.ts'
import { createKeptTargets } from '../pipe/kept-targets.ts'
import type { StartRelayThread } from '../pipe/splice/create-relay-worker.ts'
import { createSpliceJoin } from '../pipe/splice/create-splice-join.ts'
import { PIPES_MAX } from '../pipe/splice/pipe-pool.ts'
import { createWorkerPool } from '../pipe/splice/worker-pool.ts'
import { createStreamJoin } from '../pipe/stream/create-stream-join.ts'
import type { SocketSystem } from '../pipe/stream/socket-system.ts'
import { createLibcSystem, portableSystem } from '../pipe/stream/socket-system.ts'

/** Maximum number of relays per worker, if the limit on open files allows that many. */
const CAPACITY_MAX = 262_144

/** Accepts connections, connects to targets and relays between them. */
export type Transport = {
  readonly engine: PipeEngine
  readonly listen: Listen
  /** The network of a configuration without egress options. */
  readonly network: Network<StreamSocket>
  readonly egress: EgressNetworks<StreamSocket>
  readonly join: Join
  /** Gives keepalive to connections to targets that `join` does not get. */
  readonly keptTargets: KeptTargets
  /** Sets TCP keepalive for new connections; null: off. */
  readonly setKeepAlive: (keepAlive: KeepAlive | null) => void
  /** Maximum number of pipe(2) pipes of all relay workers together, if they were given so many as `pipes`. */
  readonly pipesOf: (pipes: number) => number
  /** Open relays, by engine. */
  readonly pipes: () => { readonly stream: number; readonly splice: number }
  /** For how long a relay worker has not answered that it runs; 0 if all do. */
  readonly stalledMs: () => number
  /** Releases everything, after the last connection. Nothing may be called after it. */
  readonly close: () => void
}

export type TransportOptions = {
  readonly pipe: Pick<PipeConfig, 'engine' | 'workers'>
  readonly clock: Clock
  readonly interfaces: () => Interfaces
  /** Until `setKeepAlive`. */
  readonly keepAlive: KeepAlive | null
  /** This process's limit on open files; Infinity: none, or not known. */
  readonly openFiles: number
  /** Maximum number of pipe(2) pipes of all relay workers together; each worker has at most 256. */
  readonly pipes: number
  /** Maximum number of concurrent sockets that query source addresses, 1 or more. */
  readonly sources: number
  /** Called when accept, connect or pipe creation fails for lack of descriptors or memory. */
  readonly onExhausted?: OnExhausted
  /** Other processes listen on the same addresses. */
  readonly reusePort?: boolean
  /** Called with `engine` once, before the promise resolves, and with `worker-lost` for each lost worker. */
  readonly onEvent: (event: DaemonEvent) => void
  /** Loads the C library; the system's by default. */
  readonly load?: () => LoadedLibc
  readonly startThread?: StartRelayThread
}

/** Default number of relay workers: one for every two cores. */
export const autoWorkers = (cores = availableParallelism()): number =>
  Math.max(1, Math.floor(cores / 2))

const createStreams = (clock: Clock, system: SocketSystem, keptTargets: KeptTargets): CountedJoin =>
  createCountedJoin(createKeptAliveJoin(createStreamJoin({ clock, system }), keptTargets))

/** @param libc null if the C library cannot be loaded */
const createPortable = (
  { clock, interfaces, keepAlive, sources, onExhausted }: TransportOptions,
  libc: Libc | null,
): Transport => {
  const tuning = createSocketTuning(libc, keepAlive)
  const system = libc ? createLibcSystem(libc) : portableSystem
  const keptTargets = createKeptTargets(clock, tuning.keepAlive)
  const streams = createStreams(clock, system, keptTargets)
  const parts = { clock, interfaces, tuning, turns: createSourceTurns(sources), onExhausted }
  return {
    engine: 'stream',
    listen: createNodeListen({ tuning, libc }),
    network: createNodeNetwork(parts),
    egress: createNodeEgress(parts),
    setKeepAlive: tuning.change,
    join: streams.join,
    keptTargets,
    pipesOf: () => 0,
    pipes: () => ({ stream: streams.open(), splice: 0 }),
    stalledMs: () => 0,
    close: () => {},
  }
}

type Native = { readonly libc: Libc; readonly poller: Poller }

/** Creates a poller on the C library, or returns why this host cannot. */
const openNative = (
  loaded: LoadedLibc,
): ({ readonly ok: true } & Native) | { readonly ok: false; readonly reason: string } => {
  if (!loaded.ok) return loaded
  try {
    return { ok: true, libc: loaded.libc, poller: createPoller(loaded.libc) }
  } catch (error) {
    return { ok: false, reason: errorOf(error).message }
  }
}

/** Each worker's part of the share of all. */
const pipesOfWorker = (share: number, workers: number): number =>
  Math.min(PIPES_MAX, Math.floor(share / workers))

/** @returns null if no relay worker can be started */
const createNative = async (
  { libc, poller }: Native,
  workers: number,
  options: TransportOptions,
): Promise<Transport | null> => {
  const { pipe, clock, interfaces, openFiles, sources, onEvent, reusePort = false } = options
  const { startThread, onExhausted } = options
  const pipes = pipesOfWorker(options.pipes, workers)
  const tuning = createSocketTuning(libc, options.keepAlive)
  const pool = createWorkerPool({
    libc,
    poller,
    clock,
    workers,
    pipes,
    // Each relay holds two descriptors.
    capacity: Math.max(1, Math.min(CAPACITY_MAX, Math.floor(openFiles / 2))),
    onLoss: ({ message, connections, replaced }) =>
      onEvent({ type: 'worker-lost', reason: message, connections, replaced }),
    onNoPipe: errno => onExhausted?.('make a pipe', errnoError(-errno, 'pipe2').code),
    ...(startThread ? { start: startThread } : {}),
  })
  if ((await pool.started()) === 0) {
    void pool.close()
    poller.close()
    return null
  }
  const keptTargets = createKeptTargets(clock, tuning.keepAlive)
  const streams = createStreams(clock, createLibcSystem(libc), keptTargets)
  pool.setKeepAlive(options.keepAlive)
  const turns = createSourceTurns(sources)
  const parts = { clock, interfaces, libc, poller, tuning, turns, onExhausted }
  return {
    engine: 'splice',
    listen: createNativeListen({ libc, poller, tuning, clock, reusePort }),
    network: createNativeNetwork(parts),
    egress: createNativeEgress(parts),
    setKeepAlive: keepAlive => {
      tuning.change(keepAlive)
      pool.setKeepAlive(keepAlive)
    },
    join: createSpliceJoin({
      clock,
      choose: pool.choose,
      stream: streams.join,
      copyNear: pipe.engine === 'auto',
    }),
    keptTargets,
    pipesOf: share => workers * pipesOfWorker(share, workers),
    pipes: () => ({ stream: streams.open(), splice: pool.active() }),
    stalledMs: pool.stalledMs,
    close: () => {
      // The workers end by themselves, so nothing waits for them.
      void pool.close()
      poller.close()
    },
  }
}

/**
 * The error if `pipe.engine` is `splice` and this host cannot run it.
 *
 * @param reason what is missing
 */
export const engineFailure = (reason: string): Error =>
  fail(
    'ERR_ENGINE',
    `pipe.engine: found splice, which cannot run here: ${reason}; allowed: auto, stream`,
    { reason },
  )

/**
 * Checks whether this host can run an engine, without starting it.
 *
 * @param load loads the C library; the system's by default
 * @throws ERR_ENGINE if it cannot
 */
export const checkEngine = (
  engine: PipeConfig['engine'],
  load: () => LoadedLibc = loadLibc,
): void => {
  if (engine !== 'splice') return
  const native = openNative(load())
  if (!native.ok) throw engineFailure(native.reason)
  native.poller.close()
}

/**
 * Chooses the engine for the life of the process: the kernel (`splice`), with sockets driven by calls of the
 * C library, or Node's sockets and streams. `auto` chooses the kernel wherever it can run. The stream engine
 * also uses the C library, if it can be loaded, to query its sockets.
 *
 * @returns rejects with ERR_ENGINE if `splice` was configured and cannot run
 */
export const createTransport = async (options: TransportOptions): Promise<Transport> => {
  const { pipe, onEvent, load = loadLibc } = options
  const { engine, workers } = pipe
  const loaded = load()
  const useStreams = (reason?: string): Transport => {
    if (engine === 'splice') throw engineFailure(reason ?? '')
    const why = reason === undefined ? {} : { reason }
    onEvent({ type: 'engine', engine: 'stream', workers: 0, ...why })
    return createPortable(options, loaded.ok ? loaded.libc : null)
  }
  if (engine === 'stream') return useStreams()
  const native = openNative(loaded)
  if (!native.ok) return useStreams(native.reason)
  const count = workers === 'auto' ? autoWorkers() : workers
  const transport = await createNative(native, count, options)
  if (!transport) return useStreams('no relay worker could be started')
  onEvent({ type: 'engine', engine: 'splice', workers: count })
  return transport
}
