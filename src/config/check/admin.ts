import { formatListenAddress } from '../../core/listen-address.ts'
import { addressKey, isLoopback, parseListen } from '../listen-addresses.ts'
import { listenerLabel } from '../listener-names.ts'
import type { Finding } from '../problem.ts'
import { adminSchema } from '../schema/admin.ts'
import { listenerSchema } from '../schema/listener.ts'
import { isMapping, soundPart } from './sound-part.ts'

const PATH = ['admin', 'listen'] as const

/**
 * Checks `admin` beyond its single keys: whether a listener has the same address, and who may use the
 * endpoint.
 *
 * @param listeners the value of `listeners`
 */
export const checkAdmin = (value: unknown, listeners: unknown): readonly Finding[] => {
  const { listen } = soundPart(adminSchema, value)
  if (listen === undefined || listen === 'off') return []
  const addresses = parseListen(listen)
  const findings: Finding[] = []
  const reachable = addresses.find(address => !isLoopback(address))
  if (reachable && !(isMapping(value) && 'token' in value)) {
    const message =
      `found ${formatListenAddress(reachable)}, which others can reach, and no token; ` +
      'allowed: a loopback address, unix:/path, or with it admin.token'
    findings.push({ path: PATH, what: 'value', message })
  }
  const own = new Set(addresses.map(addressKey))
  const others: readonly unknown[] = Array.isArray(listeners) ? listeners : []
  for (const [i, other] of others.entries()) {
    const sound = soundPart(listenerSchema, other)
    const taken = parseListen(sound.listen ?? []).find(address => {
      const key = addressKey(address)
      return key !== undefined && own.has(key)
    })
    if (!taken) continue
    const message = `found ${formatListenAddress(taken)} for the second time; ${listenerLabel(sound, i)} has it already`
    findings.push({ path: PATH, what: 'value', message })
  }
  return findings
}
