import type { FailureOutcome } from '../../core/failure-outcome.ts'
import type { FailureReply } from './types.ts'
import { REPLY } from './wire.ts'

const REPLIES: Readonly<Record<FailureOutcome, FailureReply>> = {
  denied: REPLY.notAllowed,
  loop: REPLY.notAllowed,
  refused: REPLY.refused,
  'host-unreachable': REPLY.hostUnreachable,
  'network-unreachable': REPLY.networkUnreachable,
  'no-family': REPLY.addressTypeNotSupported,
  'timed-out': REPLY.timedOut,
  'no-address': REPLY.hostUnreachable,
  'dns-failed': REPLY.hostUnreachable,
  limit: REPLY.generalFailure,
  failed: REPLY.generalFailure,
}

/** The SOCKS5 reply (RFC 1928 section 6) for each failure. */
export const replyCode = (outcome: FailureOutcome): FailureReply => REPLIES[outcome]
