import type { Users } from '../../auth/users-file.ts'
import { parseDuration } from '../../core/duration.ts'
import { formatIp, parseIp } from '../../core/ip.ts'
import { isOptional, parseListen } from '../listen-addresses.ts'
import { parseName } from '../names.ts'
import type { ConfigInput } from '../schema.ts'
import type { AdminInput } from '../schema/admin.ts'
import { KEEP_ALIVE_ON } from '../schema/egress.ts'
import type { EgressInput } from '../schema/egress.ts'
import type { EyeballsInput } from '../schema/eyeballs.ts'
import type { ResolverInput } from '../schema/resolver.ts'
import { parseNat64, parseServer } from '../schema/resolver.ts'
import type { AdminConfig, Config, EgressConfig, EyeballsConfig, ResolverConfig } from '../types.ts'
import { buildAccess, buildListeners } from './listeners.ts'

const buildResolver = ({
  timeout,
  attempts,
  servers,
  search,
  hosts,
  cache,
  nat64,
  ...rest
}: ResolverInput): ResolverConfig => ({
  ...rest,
  servers: servers === 'system' ? null : servers.map(server => parseServer(server)),
  search: search === 'system' ? null : search.map(parseName),
  hosts: new Map(
    Object.entries(hosts).map(([name, addresses]) => [
      parseName(name),
      [addresses].flat().flatMap(address => {
        const ip = parseIp(address)
        return ip ? [formatIp(ip)] : []
      }),
    ]),
  ),
  timeoutMs: timeout === 'system' ? null : parseDuration(timeout),
  attempts: attempts === 'system' ? null : attempts,
  nat64: parseNat64(nat64),
  cache: {
    maxEntries: cache.maxEntries,
    minTtlMs: parseDuration(cache.minTtl),
    maxTtlMs: parseDuration(cache.maxTtl),
    negativeTtlMs: parseDuration(cache.negativeTtl),
    failureTtlMs: parseDuration(cache.failureTtl),
    staleWhileRevalidateMs: parseDuration(cache.staleWhileRevalidate),
    staleIfErrorMs: parseDuration(cache.staleIfError),
  },
})

const buildEyeballs = (input: EyeballsInput): EyeballsConfig => ({
  resolutionDelayMs: parseDuration(input.resolutionDelay),
  connectionAttemptDelayMs: parseDuration(input.connectionAttemptDelay),
  minimumConnectionAttemptDelayMs: parseDuration(input.minimumConnectionAttemptDelay),
  maximumConnectionAttemptDelayMs: parseDuration(input.maximumConnectionAttemptDelay),
  firstAddressFamilyCount: input.firstAddressFamilyCount,
  preferredFamily:
    input.preferredFamily === 'auto' ? 'auto' : Number(input.preferredFamily) === 6 ? 6 : 4,
  adaptive: input.adaptive,
  maxConcurrentAttempts: input.maxConcurrentAttempts,
  attemptTimeoutMs: input.attemptTimeout === 'off' ? null : parseDuration(input.attemptTimeout),
  connectTimeoutMs: parseDuration(input.connectTimeout),
  confirm: input.confirm,
})

const buildAdmin = ({ listen, token }: AdminInput): AdminConfig => ({
  listen: listen === 'off' ? [] : parseListen(listen),
  optionalAddresses: listen !== 'off' && isOptional(listen),
  token: token ?? null,
})

const SECOND_MS = 1000

/** The kernel's keepalive options count whole seconds. */
const wholeSeconds = (text: string | number): number =>
  Math.ceil(parseDuration(text) / SECOND_MS) * SECOND_MS

const buildEgress = ({ keepAlive }: EgressInput): EgressConfig => {
  if (keepAlive === 'off') return { keepAlive: null }
  const { idle, interval, count } = keepAlive === 'on' ? KEEP_ALIVE_ON : keepAlive
  return { keepAlive: { idleMs: wholeSeconds(idle), intervalMs: wholeSeconds(interval), count } }
}

/**
 * Converts a checked configuration to the form that the rest of the program uses. `users` holds each
 * listener's users, in order.
 */
export const buildConfig = (input: ConfigInput, users: readonly (Users | null)[]): Config => ({
  listeners: buildListeners(input.listeners, users),
  access: buildAccess(input.access),
  resolver: buildResolver(input.resolver),
  eyeballs: buildEyeballs(input.eyeballs),
  egress: buildEgress(input.egress),
  pipe: {
    engine: input.pipe.engine,
    workers: input.pipe.workers,
    idleTimeoutMs: parseDuration(input.pipe.idleTimeout),
    halfCloseTimeoutMs: parseDuration(input.pipe.halfCloseTimeout),
  },
  limits: {
    maxConnections: input.limits.maxConnections,
    maxConnectionsPerClient: input.limits.maxConnectionsPerClient,
    handshakeTimeoutMs: parseDuration(input.limits.handshakeTimeout),
    authFailureDelayMs: parseDuration(input.limits.authFailureDelay),
  },
  log: input.log,
  admin: buildAdmin(input.admin),
  processes: input.processes,
  drainTimeoutMs: parseDuration(input.drainTimeout),
})
