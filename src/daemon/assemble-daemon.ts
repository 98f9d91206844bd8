import { createLoginTurns, createVerifyLogin } from '../auth/create-verify-login.ts'
import type { Config } from '../config/types.ts'
import type { Clock } from '../core/clock.ts'
import { codeOf } from '../core/fail.ts'
import type { Log } from '../log/types.ts'
import { createInterfaces, createLocalAddresses } from '../net/host/interfaces.ts'
import { countOpenFiles, openFilesLimit } from '../net/host/open-files.ts'
import type { Listen } from '../net/listen.ts'
import type { OnExhausted } from '../net/network.ts'
import { EXHAUSTED } from '../net/network.ts'
import { createTransport } from './create-transport.ts'
import { fileShares, filesForConnections } from './file-shares.ts'
import { listenerEvents } from './listener-set.ts'
import { createMemoryRelease } from './memory-release.ts'
import { createProcessView } from './process-view.ts'
import type { ViewedDaemon, WorkerHooks } from './types.ts'

/** Minimum time between two `exhausted` lines; failures in between are counted. */
const EXHAUSTED_INTERVAL_MS = 60_000

/**
 * Logs that the system has no descriptor or memory left: the first failure at once, then at most one line a
 * minute, with the number of failures since the previous line.
 *
 * @returns a callback for any error code; it ignores the others
 */
export const createExhaustionReport = (
  clock: Pick<Clock, 'now'>,
  { event }: Pick<Log, 'event'>,
): OnExhausted => {
  let quietUntil = -Infinity
  let failures = 0
  return (what, code) => {
    if (!EXHAUSTED.has(code)) return
    failures++
    const now = clock.now()
    if (now < quietUntil) return
    quietUntil = now + EXHAUSTED_INTERVAL_MS
    event({ type: 'exhausted', what, code, failures })
    failures = 0
  }
}

export type AssembleOptions = {
  readonly log: Pick<Log, 'emit' | 'event'> & Partial<Pick<Log, 'dropped'>>
  readonly clock: Clock
  /** Present in a worker process. */
  readonly worker?: Omit<WorkerHooks, 'createLog'>
  /** `createMemoryRelease` by default. */
  readonly createRelease?: typeof createMemoryRelease
}

/**
 * The daemon with this host's clock and network. It reads only the options that a reload cannot change, and
 * opens nothing before `apply`.
 *
 * @returns rejects with ERR_ENGINE if `pipe.engine` is `splice` and this host cannot run it
 */
export const assembleDaemon = async (
  { pipe, egress }: Pick<Config, 'pipe' | 'egress'>,
  { log, clock, worker, createRelease = createMemoryRelease }: AssembleOptions,
): Promise<ViewedDaemon> => {
  const interfaces = createInterfaces({ clock })
  const openFiles = openFilesLimit()
  const shares = fileShares(openFiles)
  const onExhausted = createExhaustionReport(clock, log)
  const starting = createTransport({
    pipe,
    clock,
    interfaces,
    keepAlive: egress.keepAlive,
    openFiles,
    pipes: shares.pipes,
    sources: shares.sources,
    onExhausted,
    reusePort: worker !== undefined,
    onEvent: log.event,
  })
  // The relay workers start on other cores; meanwhile this thread loads what serves connections.
  const [transport, { createDaemon, createHostLookups }] = await Promise.all([
    starting,
    import('./create-daemon.ts'),
  ])
  const loginTurns = createLoginTurns()
  const filesInUse = { openFiles, open: countOpenFiles(), pipesOf: transport.pipesOf }
  const listen: Listen = (address, options) => {
    const onError = (error: Error): void => onExhausted('accept a connection', codeOf(error))
    return transport.listen(address, { ...options, onError })
  }
  const view = createProcessView({
    engine: transport.engine,
    daemon: () => daemon,
    pipes: transport.pipes,
    dnsWaiting: () => lookups.load.waiting(),
    logDropped: log.dropped ?? (() => 0),
    clock,
    epochNow: () => Date.now(),
  })
  const lookups = createHostLookups({
    hasInterface: name => interfaces().names.has(name),
    queriesMax: shares.queries,
    onExhausted,
    onHostsCut: (path, maxBytes) => log.event({ type: 'hosts-cut', path, maxBytes }),
    observer: view.observer,
  })
  const daemon = createDaemon({
    clock,
    network: transport.network,
    egress: transport.egress,
    lookups,
    join: transport.join,
    keptTargets: transport.keptTargets,
    setKeepAlive: transport.setKeepAlive,
    emit: event => {
      log.emit(event)
      view.emit(event)
      if (event.type === 'accepted') memory.used()
    },
    createVerify: users => createVerifyLogin(users, { turns: loginTurns }),
    filesFor: config => filesForConnections(filesInUse, config),
    greetingsMax: shares.greetings,
    onLimit: (connections, maxConnections) =>
      log.event({
        type: 'limit',
        connections,
        maxConnections,
        openFiles: Number.isFinite(openFiles) ? openFiles : null,
      }),
    onBan: ({ client, perMinute, banMs }) =>
      log.event({ type: 'banned', client, failures: perMinute, banMs }),
    isLocalAddress: createLocalAddresses(interfaces),
    random: Math.random,
    idSuffix: worker?.idSuffix ?? '',
    isOneOfSeveral: worker !== undefined,
    ...(worker && { agree: worker.agree }),
    listeners: {
      listen: worker ? worker.aroundListen(listen) : listen,
      waitingMax: shares.waiting,
      ...listenerEvents(log, () => daemon.limit()),
    },
  })
  const memory = createRelease({ clock, connections: daemon.connections, idle: daemon.idle })
  const viewed = { ...daemon, view }
  worker?.onAssembled(viewed, transport)
  return {
    ...viewed,
    stalledMs: transport.stalledMs,
    apply: async (config, options) => {
      await daemon.apply(config, worker ? { lenient: worker.isLenient() } : options)
      view.change(config)
    },
    close: () => {
      memory.stop()
      daemon.close()
      transport.close()
    },
  }
}
