import { formatDuration, parseDuration } from '../../core/duration.ts'
import type { Finding } from '../problem.ts'
import { eyeballsSchema } from '../schema/eyeballs.ts'
import { cacheSchema, resolverSchema } from '../schema/resolver.ts'
import { isMapping, soundPart } from './sound-part.ts'

const show = (value: string | number): string => formatDuration(parseDuration(value))

/** RFC 8305 section 5: the delay lies within its bounds, and the minimum is not above the maximum. */
export const checkEyeballs = (value: unknown): readonly Finding[] => {
  const {
    connectionAttemptDelay: delay,
    minimumConnectionAttemptDelay: least,
    maximumConnectionAttemptDelay: most,
  } = soundPart(eyeballsSchema, value)
  if (least === undefined || most === undefined) return []
  if (parseDuration(least) > parseDuration(most)) {
    return [
      {
        path: ['eyeballs', 'minimumConnectionAttemptDelay'],
        what: 'value',
        message: `found ${show(least)}; allowed: at most maximumConnectionAttemptDelay, ${show(most)}`,
      },
    ]
  }
  if (delay === undefined) return []
  const ms = parseDuration(delay)
  if (ms >= parseDuration(least) && ms <= parseDuration(most)) return []
  return [
    {
      path: ['eyeballs', 'connectionAttemptDelay'],
      what: 'value',
      message:
        `found ${show(delay)}; allowed: ${show(least)} to ${show(most)} ` +
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
  const { ipv4, ipv6, mode, ...lists } = soundPart(resolverSchema, value)
  if (ipv4 === false && ipv6 === false) {
    findings.push({
      path: ['resolver', 'ipv6'],
      what: 'value',
      message: 'found false for both ipv4 and ipv6; allowed: true for at least one',
    })
  }
  for (const key of NOT_OF_SYSTEM) {
    if (mode !== 'system' || lists[key] === undefined || lists[key] === 'system') continue
    findings.push({
      path: ['resolver', key],
      what: 'value',
      message:
        'found a list, which has no effect in mode system: the C library goes by resolv.conf; ' +
        'allowed: system, or a list in mode dns',
    })
  }
  const { minTtl, maxTtl } = soundPart(cacheSchema, isMapping(value) ? value.cache : undefined)
  if (minTtl === undefined || maxTtl === undefined) return findings
  if (parseDuration(minTtl) <= parseDuration(maxTtl)) return findings
  findings.push({
    path: ['resolver', 'cache', 'minTtl'],
    what: 'value',
    message: `found ${show(minTtl)}; allowed: at most maxTtl, ${show(maxTtl)}`,
  })
  return findings
}
