import { availableParallelism } from 'node:os'
import type { PipeConfig } from '../config/types.ts'
import type { Clock } from '../core/clock.ts'
import type { KeepAlive, StreamSocket } from '../core/stream-socket.ts'
import { errnoError } from '../libc/errno-error.ts'
import { loadLibc } from '../libc/load-libc.ts'
import type { Poller } from '../libc/poller-types.ts'
import { createPoller } from '../libc/poller.ts'
import type { Libc, LoadedLibc } from '../libc/types.ts'
import type { DaemonEvent } from '../log/types.ts'
import type { OnExhausted } from '../net/exhausted.ts'
import type { Interfaces } from '../net/host/interfaces.ts'
import { createNativeListen } from '../net/native/listen.ts'
import { createNativeNetwork } from '../net/native/network.ts'
import type { Listen } from '../net/node/listen.ts'
import { createListen } from '../net/node/listen.ts'
import { createNetwork } from '../net/node/network.ts'
import type { SocketTuning } from '../net/socket-tuning.ts'
import { createSocketTuning } from '../net/socket-tuning.ts'
import type { Network } from '../net/types.ts'
import type { CountedJoin } from '../pipe/create-counted-join.ts'
import { createCountedJoin } from '../pipe/create-counted-join.ts'
import { createKeptAliveJoin } from '../pipe/create-kept-alive-join.ts'
import { createSpliceJoin } from '../pipe/splice/create-splice-join.ts'
import { PIPES_MAX } from '../pipe/splice/pipe-pool.ts'
import { createRelayPool } from '../pipe/splice/relay-pool.ts'
import type { StartRelayThread } from '../pipe/splice/start-relay-thread.ts'
import { createStreamJoin } from '../pipe/stream/create-stream-join.ts'
import type { SocketSystem } from '../pipe/stream/socket-system.ts'
import { createLibcSystem, portableSystem } from '../pipe/stream/socket-system.ts'
import type { Join } from '../pipe/types.ts'
import { engineFailure } from './engine-failure.ts'

/** Relays of one worker at most, where the limit on open files allows more or there is none. */
const CAPACITY_MAX = 262_144

/** How connections are accepted, made and joined. */
export type Transport = {
  readonly listen: Listen
  readonly network: Network<StreamSocket>
  readonly join: Join
  /** TCP keepalive of the connections that come from now on; null: off. */
  readonly setKeepAlive: (keepAlive: KeepAlive | null) => void
  /** Pipes of the system that relay workers may have in all. */
  readonly pipesMax: number
  /** Pipes that are open, by what moves their bytes. */
  readonly pipes: () => { readonly stream: number; readonly splice: number }
  /** Bytes that the kernel has moved so far, from clients and from targets, of open pipes as well. */
  readonly relayedBytes: () => { readonly up: number; readonly down: number }
  /** Gives everything back: after the last connection. Nothing may be called after it. */
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
  /** Pipes that all relay workers together may have, at most; each has 256 at most. */
  readonly pipes: number
  /** Sockets at a time that ask for source addresses, 1 or more. */
  readonly sources: number
  /** Hears what the system refuses for want of descriptors or memory: to accept, to connect, to make a pipe. */
  readonly onExhausted?: OnExhausted
  /** Other processes listen on the same addresses. */
  readonly reusePort?: boolean
  /** Hears `engine` once, before this resolves, and `worker-lost` each time. */
  readonly onEvent: (event: DaemonEvent) => void
  /** Where the C library comes from; the system by default. */
  readonly load?: () => LoadedLibc
  readonly startThread?: StartRelayThread
}

/** Threads of the splice engine where they are not given: one for every two cores. */
export const autoWorkers = (cores = availableParallelism()): number =>
  Math.max(1, Math.floor(cores / 2))

const NO_BYTES = { up: 0, down: 0 }

const createStreams = (clock: Clock, system: SocketSystem, tuning: SocketTuning): CountedJoin =>
  createCountedJoin(
    createKeptAliveJoin(createStreamJoin({ clock, system }), clock, tuning.keepAlive),
  )

/** @param libc null where the C library cannot be had */
const createPortable = (
  { clock, interfaces, keepAlive, sources, onExhausted }: TransportOptions,
  libc: Libc | null,
): Transport => {
  const tuning = createSocketTuning(libc, keepAlive)
  const system = libc ? createLibcSystem(libc) : portableSystem
  const streams = createStreams(clock, system, tuning)
  return {
    listen: createListen({ tuning, libc }),
    network: createNetwork({ clock, interfaces, tuning, sources, onExhausted }),
    setKeepAlive: tuning.change,
    join: streams.join,
    pipesMax: 0,
    pipes: () => ({ stream: streams.open(), splice: 0 }),
    relayedBytes: () => NO_BYTES,
    close: () => {},
  }
}

type Native = { readonly libc: Libc; readonly poller: Poller }

/** @returns null where no relay worker can be started */
const createNative = async (
  { libc, poller }: Native,
  workers: number,
  options: TransportOptions,
): Promise<Transport | null> => {
  const { pipe, clock, interfaces, openFiles, sources, onEvent, reusePort = false } = options
  const { startThread, onExhausted } = options
  const pipes = Math.min(PIPES_MAX, Math.floor(options.pipes / workers))
  const tuning = createSocketTuning(libc, options.keepAlive)
  const pool = createRelayPool({
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
  const streams = createStreams(clock, createLibcSystem(libc), tuning)
  pool.setKeepAlive(options.keepAlive)
  return {
    listen: createNativeListen({ libc, poller, tuning, clock, reusePort }),
    network: createNativeNetwork({
      clock,
      interfaces,
      libc,
      poller,
      tuning,
      sources,
      onExhausted,
    }),
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
    pipesMax: pipes * workers,
    pipes: () => ({ stream: streams.open(), splice: pool.active() }),
    relayedBytes: pool.bytes,
    close: () => {
      // The workers end by themselves; nobody has to wait for them.
      void pool.close()
      poller.close()
    },
  }
}

/**
 * Chooses what moves the bytes, for the life of the process: the kernel, with sockets driven by calls
 * of the C library, or Node's sockets and streams. With `auto` it is the kernel wherever that can be. The
 * C library, where there is one, also answers what Node cannot about its own sockets.
 *
 * @returns rejects with ERR_ENGINE where `splice` was asked for and cannot be
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
  if (!loaded.ok) return useStreams(loaded.reason)
  const { libc } = loaded
  let poller: Poller
  try {
    poller = createPoller(libc)
  } catch (error) {
    return useStreams((error as Error).message)
  }
  const count = workers === 'auto' ? autoWorkers() : workers
  const native = await createNative({ libc, poller }, count, options)
  if (!native) return useStreams('no relay worker could be started')
  onEvent({ type: 'engine', engine: 'splice', workers: count })
  return native
}
