import type { Config } from '../config/types.ts'
import type { Clock } from '../core/clock.ts'
import { codeOf, fail } from '../core/fail.ts'
import type { HostPort } from '../core/host-port.ts'
import { parseListenAddress } from '../core/listen-address.ts'
import type { Log } from '../log/types.ts'
import { assembleDaemon } from './assemble-daemon.ts'
import type { Daemon } from './types.ts'

/** A proxy in this process that serves the programs of one command. */
export type PrivateProxy = {
  /** Its one listener. */
  readonly address: HostPort
  /**
   * Accepts no more connections, gives open ones this time to end, then ends them. Resolves when nothing is
   * left.
   */
  readonly end: (drainMs: number) => Promise<void>
  /** Ends open connections at once; a pending `end` resolves. */
  readonly endConnections: () => void
}

export type PrivateProxyParts = {
  readonly log: Pick<Log, 'emit' | 'event'>
  readonly clock: Clock
  /** `assembleDaemon` by default. */
  readonly assemble?: (...args: Parameters<typeof assembleDaemon>) => Promise<Daemon>
}

/** In the order of preference: more programs know `127.0.0.1` in a proxy's URL than `[::1]`. */
const ADDRESSES = ['127.0.0.1:0', '[::1]:0'] as const

/** The host has no address of this family. */
const NO_FAMILY: ReadonlySet<string | null> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT'])

const listeningOn = (config: Config, address: string): Config => ({
  ...config,
  listeners: config.listeners.map(listener => ({
    ...listener,
    listen: parseListenAddress(address),
  })),
})

const applyFirst = async (daemon: Daemon, config: Config): Promise<void> => {
  const [first, second] = ADDRESSES
  try {
    await daemon.apply(listeningOn(config, first))
  } catch (error) {
    if (!NO_FAMILY.has(codeOf(error))) throw error
    await daemon.apply(listeningOn(config, second))
  }
}

/**
 * Opens a proxy on a free port of loopback. It handles no signals and reads no files.
 *
 * @param config with one listener, whose addresses are replaced
 */
export const openPrivateProxy = async (
  config: Config,
  { log, clock, assemble = assembleDaemon }: PrivateProxyParts,
): Promise<PrivateProxy> => {
  let address: HostPort | undefined
  const event: Log['event'] = happened => {
    log.event(happened)
    if (happened.type !== 'listening') return
    const [bound] = parseListenAddress(happened.address)
    if (bound?.type === 'tcp') address = bound
  }
  const daemon = await assemble(config, { log: { ...log, event }, clock })
  try {
    await applyFirst(daemon, config)
    if (!address) throw fail('ERR_BUG', 'the proxy listens nowhere')
  } catch (error) {
    daemon.close()
    throw error
  }
  return {
    address,
    end: async drainMs => {
      await daemon.stopAccepting()
      if (drainMs === 0) daemon.endConnections()
      const cancel = clock.after(drainMs, daemon.endConnections)
      await daemon.idle()
      cancel()
      daemon.close()
    },
    endConnections: daemon.endConnections,
  }
}
