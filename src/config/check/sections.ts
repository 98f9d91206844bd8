import { formatDuration } from '../../core/duration.ts'
import { formatListenAddress } from '../../core/listen-address.ts'
import { isMapping } from '../collections.ts'
import { addressKey, isLoopback, parseListen } from '../listen-addresses.ts'
import type { Finding } from '../problem.ts'
import { validPart } from '../section.ts'
import { ADMIN } from '../table/admin.ts'
import { EYEBALLS } from '../table/eyeballs.ts'
import { LISTENER } from '../table/listeners.ts'
import { CACHE, RESOLVER } from '../table/resolver.ts'
import { listenerLabel, listenersIn } from './listeners.ts'

/** RFC 8305 section 5: the delay lies within its bounds, and the minimum is not above the maximum. */
export const checkEyeballs = (value: unknown): readonly Finding[] => {
  const {
    connectionAttemptDelayMs: delay,
    minimumConnectionAttemptDelayMs: least,
    maximumConnectionAttemptDelayMs: most,
  } = validPart(EYEBALLS, value)
  if (least === undefined || most === undefined) return []
  if (least > most) {
    return [
      {
        path: ['eyeballs', 'minimumConnectionAttemptDelay'],
        what: 'value',
        message: `found ${formatDuration(least)}; allowed: at most maximumConnectionAttemptDelay, ${formatDuration(most)}`,
      },
    ]
  }
  if (delay === undefined) return []
  if (delay >= least && delay <= most) return []
  return [
    {
      path: ['eyeballs', 'connectionAttemptDelay'],
      what: 'value',
      message:
        `found ${formatDuration(delay)}; allowed: ${formatDuration(least)} to ${formatDuration(most)} ` +
        '(minimumConnectionAttemptDelay to maximumConnectionAttemptDelay)',
    },
  ]
}

/** Keys of the section `resolver` that have no effect on the C library. */
const NOT_OF_SYSTEM = ['servers', 'search'] as const

/**
 * Checks that at least one family is looked up, that no key is given which `mode: system` ignores, and that
 * no minimum of the cache is above its maximum.
 */
export const checkResolver = (value: unknown): readonly Finding[] => {
  const findings: Finding[] = []
  const { ipv4, ipv6, mode, ...lists } = validPart(RESOLVER, value)
  if (ipv4 === false && ipv6 === false) {
    findings.push({
      path: ['resolver', 'ipv6'],
      what: 'value',
      message: 'found false for both ipv4 and ipv6; allowed: true for at least one',
    })
  }
  for (const key of NOT_OF_SYSTEM) {
    if (mode !== 'system' || lists[key] === undefined) continue
    findings.push({
      path: ['resolver', key],
      what: 'value',
      message:
        'found a list, which has no effect in mode system: the C library goes by resolv.conf; ' +
        'allowed: system, or a list in mode dns',
    })
  }
  const { minTtlMs: least, maxTtlMs: most } = validPart(
    CACHE,
    isMapping(value) ? value.cache : undefined,
  )
  if (least === undefined || most === undefined || least <= most) return findings
  findings.push({
    path: ['resolver', 'cache', 'minTtl'],
    what: 'value',
    message: `found ${formatDuration(least)}; allowed: at most maxTtl, ${formatDuration(most)}`,
  })
  return findings
}

const ADMIN_LISTEN = ['admin', 'listen'] as const

/**
 * Checks `admin` beyond its single keys: whether a listener has the same address, and who may use the
 * endpoint.
 *
 * @param listeners the value of `listeners`
 */
export const checkAdmin = (value: unknown, listeners: unknown): readonly Finding[] => {
  const { listen } = validPart(ADMIN, value)
  if (listen === undefined || listen === 'off') return []
  const addresses = parseListen(listen)
  const findings: Finding[] = []
  const reachable = addresses.find(address => !isLoopback(address))
  if (reachable && !(isMapping(value) && ('token' in value || 'tokenFile' in value))) {
    const message =
      `found ${formatListenAddress(reachable)}, which others can reach, and no token; ` +
      'allowed: a loopback address, unix:/path, or with it admin.token or tokenFile'
    findings.push({ path: ADMIN_LISTEN, what: 'value', message })
  }
  const own = new Set(addresses.map(addressKey))
  for (const [i, { value: other }] of listenersIn(listeners).entries()) {
    const valid = validPart(LISTENER, other)
    const taken = parseListen(valid.listen ?? []).find(address => {
      const key = addressKey(address)
      return key !== undefined && own.has(key)
    })
    if (!taken) continue
    const message = `found ${formatListenAddress(taken)} for the second time; ${listenerLabel(valid, i)} has it already`
    findings.push({ path: ADMIN_LISTEN, what: 'value', message })
  }
  return findings
}
