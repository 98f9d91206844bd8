import type { Ip } from '../core/ip.ts'
import { formatIp, unmapIp } from '../core/ip.ts'
import type { Answer } from './types.ts'

/** More addresses of one answer are dropped: each could cost an attempt. */
export const ADDRESSES_MAX = 64

const isIpv4 = (address: string): boolean => !address.includes(':')

/** An answer without its IPv4 addresses, for one to whom they are of no use; ENODATA where it has no others. */
export const withoutIpv4 = (answer: Answer): Answer => {
  if (!answer.ok || !answer.addresses.some(isIpv4)) return answer
  const addresses = answer.addresses.filter(each => !isIpv4(each))
  if (addresses.length > 0) return { ...answer, addresses }
  const none = { ok: false, code: 'ENODATA', source: answer.source } as const
  return answer.refreshing ? { ...none, refreshing: true } : none
}

/**
 * Addresses as `Answer.addresses` has them: canonical text, in their order, without repeats, and none
 * of them an IPv4-mapped IPv6 address (::ffff:0:0/96): that is the IPv4 address that it holds, to the
 * race, to access rules and to the log.
 */
export const addressTexts = (ips: readonly Ip[]): string[] => {
  const texts: string[] = []
  for (const ip of ips) {
    const text = formatIp(unmapIp(ip))
    if (texts.length < ADDRESSES_MAX && !texts.includes(text)) texts.push(text)
  }
  return texts
}
