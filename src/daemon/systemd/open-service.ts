import type { Clock } from '../../core/clock.ts'
import { loadLibc } from '../../libc/load-libc.ts'
import type { Log } from '../../log/types.ts'
import { createSendNotification } from '../../net/host/notify-socket.ts'
import type { Daemon, ServiceManager } from '../types.ts'
import type { ServiceEnvironment } from './service-environment.ts'
import { createServiceManager } from './service-manager.ts'

const NS_PER_US = 1000n

/** Opens the way to the service manager of this process. */
export const openService = (
  { notifySocket, watchdogMs }: ServiceEnvironment & { readonly notifySocket: string },
  parts: { readonly daemon: Daemon; readonly clock: Clock; readonly log: Pick<Log, 'event'> },
): ServiceManager =>
  createServiceManager({
    ...parts,
    watchdogMs,
    send: createSendNotification(notifySocket, loadLibc()),
    // Node's clock with that resolution is CLOCK_MONOTONIC.
    monotonicUs: () => process.hrtime.bigint() / NS_PER_US,
  })
