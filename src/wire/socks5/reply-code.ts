import type { FailureReply } from './types.ts'
import { REPLY } from './wire.ts'

/** What each code of a failed attempt or lookup is to a SOCKS client (3.6); a code that is not here is 01. */
const REPLIES: ReadonlyMap<string, FailureReply> = new Map<string, FailureReply>([
  ['ERR_ACCESS_DENIED', REPLY.notAllowed],
  ['ERR_LOOP', REPLY.notAllowed],
  ['EACCES', REPLY.notAllowed],
  ['EPERM', REPLY.notAllowed],
  ['ENETUNREACH', REPLY.networkUnreachable],
  ['ENETDOWN', REPLY.networkUnreachable],
  ['EADDRNOTAVAIL', REPLY.networkUnreachable],
  ['EHOSTUNREACH', REPLY.hostUnreachable],
  ['EHOSTDOWN', REPLY.hostUnreachable],
  ['ECONNREFUSED', REPLY.refused],
  ['ECONNRESET', REPLY.refused],
  // A reset behind a FIN, both come before the system has told of the connection.
  ['EPIPE', REPLY.refused],
  ['ETIMEDOUT', REPLY.timedOut],
  ['EAFNOSUPPORT', REPLY.addressTypeNotSupported],
  // Codes that only a lookup has: they mean the same in either list.
  ['ENOTFOUND', REPLY.hostUnreachable],
  ['ENODATA', REPLY.hostUnreachable],
  ['ESERVFAIL', REPLY.hostUnreachable],
  ['EREFUSED', REPLY.hostUnreachable],
  ['EBADRESP', REPLY.hostUnreachable],
  ['EFORMERR', REPLY.hostUnreachable],
  ['ENOTIMP', REPLY.hostUnreachable],
  ['ECANCELLED', REPLY.hostUnreachable],
  ['ERR_INVALID_NAME', REPLY.hostUnreachable],
])

/** The most telling first (3.6). 08 stands before 01 only: it is an attempt's only where the host lacks the family. */
const RANK: readonly FailureReply[] = [
  REPLY.refused,
  REPLY.notAllowed,
  REPLY.hostUnreachable,
  REPLY.networkUnreachable,
  REPLY.timedOut,
  REPLY.addressTypeNotSupported,
]

/** A family of a name that was tried has no address of the other: that is an answer, not a failure. */
const isAnswer = (code: string): boolean => code === 'ENODATA' || code === 'ENOTFOUND'

/** A lookup that had no turn says nothing of the name. */
const isLimit = (code: string): boolean => code === 'ERR_DNS_LIMIT'

/**
 * The SOCKS reply for a race that nobody won (3.6): of all that failed, what tells most.
 *
 * @param codes of the failed attempts, in any order; ETIMEDOUT among them for the race's own deadline.
 *   Codes that only lookups have may stand here too
 * @param lookupCodes of the failed lookups: each is 04 whatever it says, as ETIMEDOUT and ECONNREFUSED
 *   are the DNS server's there, not the target's; but ERR_DNS_LIMIT is 01. ENODATA and ENOTFOUND do not count beside an
 *   attempt: a target with addresses of one family only is no less reachable
 * @returns a code other than 00; 01 where both are empty
 */
export const replyCode = (
  codes: readonly string[],
  lookupCodes: readonly string[] = [],
): FailureReply => {
  const replies = codes.map(code => REPLIES.get(code))
  const failed = lookupCodes.filter(code => !isLimit(code))
  if (failed.some(code => codes.length === 0 || !isAnswer(code))) {
    replies.push(REPLY.hostUnreachable)
  }
  return RANK.find(reply => replies.includes(reply)) ?? REPLY.generalFailure
}
