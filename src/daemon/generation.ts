import { isDeepStrictEqual } from 'node:util'
import type { LoginVerifier, VerifyLogin } from '../auth/create-verify-login.ts'
import type { Users } from '../auth/users-file.ts'
import { sameUsers } from '../auth/users-change.ts'
import type { Config, ListenerConfig } from '../config/types.ts'
import type { EgressOverride } from '../core/egress.ts'
import { formatHostPort } from '../core/host-port.ts'
import type { CreateDialerOptions, HostDialer } from '../dial/create-dialer.ts'
import type { Policy, Requirements } from '../listener/session-types.ts'
import { checkEgress } from './check-egress.ts'
import type { DialerParts, EarlierDialers, EgressDialers } from './egress-dialers.ts'
import { createEgressDialers } from './egress-dialers.ts'

/** The options of a dialer, from a configuration. */
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

/**
 * How a configured listener handles its connections.
 *
 * @param verify null if the listener has no users
 */
export const listenerPolicy = (config: ListenerConfig, verify: VerifyLogin | null): Policy => {
  const { name, clients, protocol, proxyProtocol, egress } = config
  const balancers = proxyProtocol?.from ?? null
  return protocol === 'forward'
    ? {
        protocol,
        name,
        clients,
        balancers,
        targets: config.target,
        proxyVersion: egress?.proxyProtocol ?? null,
      }
    : { protocol, name, clients, balancers, verify }
}

/** The login check of one listener. */
export type Verifier = {
  /** The users that it has once the generation is in force; those it had last if none have to log in now. */
  readonly users: Users
  readonly logins: LoginVerifier
}

/** The objects that one configuration has created. */
export type Generation = {
  readonly config: Config
  readonly dialers: EgressDialers
  /** By the name of the listener; those that have, or had, users. */
  readonly verifiers: ReadonlyMap<string, Verifier>
  /** Of the listeners that serve HTTP, by their names. */
  readonly requirements: ReadonlyMap<string, Requirements>
}

const requirementsOf = ({ listeners }: Config): Generation['requirements'] => {
  const requirements = new Map<string, Requirements>()
  for (const listener of listeners) {
    if (listener.protocol !== 'mixed' && listener.protocol !== 'http') continue
    const { name, clients, users } = listener
    requirements.set(name, { clients, isLoginRequired: users !== null })
  }
  return requirements
}

/** The users of a listener; null if it has none. */
export const usersOf = (listener: ListenerConfig): Users | null =>
  listener.protocol === 'forward' ? null : listener.users

/**
 * A listener that loses its users, or is removed, keeps its verifier: connections may still have accounts of
 * it, which the next users must be able to revoke.
 *
 * @param removed the listeners whose connections may live on
 */
const verifiersOf = (
  { listeners }: Config,
  before: Generation | undefined,
  removed: EarlierDialers['removed'],
  createVerify: GenerationParts['createVerify'],
): Generation['verifiers'] => {
  const verifiers = new Map<string, Verifier>()
  for (const listener of listeners) {
    const users = usersOf(listener)
    const known = before?.verifiers.get(listener.name)
    if (known && (!users || sameUsers(known.users, users))) verifiers.set(listener.name, known)
    else if (users)
      verifiers.set(listener.name, { users, logins: known?.logins ?? createVerify(users) })
  }
  for (const name of removed.keys()) {
    const known = before?.verifiers.get(name)
    if (known) verifiers.set(name, known)
  }
  return verifiers
}

export type GenerationParts = DialerParts & {
  readonly createVerify: (users: Users) => LoginVerifier
  /** Whether connections of a listener live on that was removed before the configuration in force. */
  readonly isUsed: (removed: string) => boolean
}

/**
 * The listeners that a configuration removes, or that earlier ones have removed, if connections may still use
 * their dialers: what they replaced of the daemon's egress.
 */
const removedBy = (
  { listeners }: Config,
  before: Generation | undefined,
  isUsed: GenerationParts['isUsed'],
): EarlierDialers['removed'] => {
  const removed = new Map<string, EgressOverride>()
  if (!before) return removed
  for (const [name, { override }] of before.dialers.removed)
    if (isUsed(name)) removed.set(name, override)
  for (const [name, { override }] of before.dialers.listeners) removed.set(name, override)
  for (const { name } of listeners) removed.delete(name)
  return removed
}

/**
 * Creates the objects that a configuration needs. Previous dialers stay, with their caches, if their options
 * are unchanged. A listener's verifier stays, with its cache of logins; `changeUsers` gives it new users.
 *
 * @param before the generation in force
 * @returns the caller closes the dialers that are new
 * @throws ERR_EGRESS if this host cannot do an egress; the errors of `createDialer` for invalid options
 */
export const createGeneration = (
  config: Config,
  before: Generation | undefined,
  { createVerify, isUsed, ...parts }: GenerationParts,
): Generation => {
  checkEgress(config, parts.egress.missing)
  const options = dialerOptions(config)
  const isSame = before && isDeepStrictEqual(options, dialerOptions(before.config))
  const known = isSame ? before.dialers : undefined
  const removed = removedBy(config, before, isUsed)
  const dialers = createEgressDialers(config, options, { known, removed }, parts)
  const verifiers = verifiersOf(config, before, removed, createVerify)
  return { config, dialers, verifiers, requirements: requirementsOf(config) }
}

/** A dialer, as far as its owner closes it. */
export type OpenDialer = Pick<HostDialer<unknown>, 'resolver' | 'whenIdle'>

/** The dialers of a generation that another one does not use. */
export const dialersLeft = (
  { dialers }: Generation,
  other: Generation | undefined,
): readonly OpenDialer[] => {
  const used = new Set(other?.dialers.dialers.values())
  return [...dialers.dialers.values()].filter(dialer => !used.has(dialer))
}

/** Gives the verifiers of the generation in force the users of the next one. */
export const changeUsers = (before: Generation, next: Generation): void => {
  for (const listener of next.config.listeners) {
    const known = before.verifiers.get(listener.name)
    const verifier = next.verifiers.get(listener.name)
    if (!known || !verifier || known === verifier) continue
    verifier.logins.change(verifier.users, listener.protocol !== 'forward' && listener.revoke)
  }
}
