import type { Config } from '../config/types.ts'
import { formatHostPort } from '../core/host-port.ts'
import type { CreateDialerOptions } from '../dial/create-dialer.ts'

/** The part of a configuration that a dialer is made of. */
export const dialerOptions = ({ resolver, eyeballs }: Config): CreateDialerOptions => {
  const { policyTable, servers, search, hosts, timeoutMs, attempts, ...rest } = resolver
  const { minimumConnectionAttemptDelayMs, maximumConnectionAttemptDelayMs } = eyeballs
  const connectionAttemptDelayMs = Math.min(
    Math.max(eyeballs.connectionAttemptDelayMs, minimumConnectionAttemptDelayMs),
    maximumConnectionAttemptDelayMs,
  )
  return {
    resolver: {
      ...rest,
      hosts: Object.fromEntries(hosts),
      servers: servers?.map(formatHostPort),
      search: search ?? undefined,
      timeoutMs: timeoutMs ?? undefined,
      attempts: attempts ?? undefined,
    },
    race: {
      policyTable,
      preferredFamily: eyeballs.preferredFamily,
      firstAddressFamilyCount: eyeballs.firstAddressFamilyCount,
      maxConcurrentAttempts: eyeballs.maxConcurrentAttempts,
      adaptive: eyeballs.adaptive
        ? {
            minimumDelayMs: minimumConnectionAttemptDelayMs,
            maximumDelayMs: maximumConnectionAttemptDelayMs,
          }
        : null,
      confirm: eyeballs.confirm,
      timing: {
        resolutionDelayMs: eyeballs.resolutionDelayMs,
        connectionAttemptDelayMs,
        attemptTimeoutMs: eyeballs.attemptTimeoutMs,
        connectTimeoutMs: eyeballs.connectTimeoutMs,
      },
    },
  }
}
