import type { Ip } from '../core/ip.ts'
import { formatIp, unmapIp } from '../core/ip.ts'
import type { Answer } from './types.ts'

/** Maximum number of addresses per answer; each could cost an attempt, so further ones are dropped. */
export const ADDRESSES_MAX = 64

const isIpv4 = (address: string): boolean => !address.includes(':')

/**
 * Removes the IPv4 addresses from an answer, for a host without a use for them; ENODATA if no other address
 * remains.
 */
export const withoutIpv4 = (answer: Answer): Answer => {
  if (!answer.ok || !answer.addresses.some(isIpv4)) return answer
  const addresses = answer.addresses.filter(each => !isIpv4(each))
  if (addresses.length > 0) return { ...answer, addresses }
  const none = { ok: false, code: 'ENODATA', source: answer.source } as const
  return answer.refreshing ? { ...none, refreshing: true } : none
}

/**
 * Converts addresses to `Answer.addresses`: canonical text, in order, without repeats. An IPv4-mapped IPv6
 * address (::ffff:0:0/96) becomes the IPv4 address that it contains, for the race, access rules and the
 * log.
 */
export const addressTexts = (ips: readonly Ip[]): string[] => {
  const texts: string[] = []
  for (const ip of ips) {
    const text = formatIp(unmapIp(ip))
    if (texts.length < ADDRESSES_MAX && !texts.includes(text)) texts.push(text)
  }
  return texts
}
