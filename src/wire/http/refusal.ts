import type { FailureOutcome } from '../../core/judge.ts'
import { encodeAnswer } from './encode-answer.ts'
import { errorStatus, proxyError } from './proxy-status.ts'
import type { HttpFault, RefusalStatus } from './wire.ts'

/** How to refuse a request. */
export type HttpRefusal = {
  /** The response to send before closing. */
  readonly answer: Uint8Array
  readonly status: RefusalStatus
  /** protocol: no valid HTTP. auth: no valid login. command: nothing that this proxy does. */
  readonly reason: 'protocol' | 'auth' | 'command' | 'address'
  /** For people. It contains nothing of a login. */
  readonly message: string
}

const reasonOf = ({ code }: HttpFault): HttpRefusal['reason'] => {
  switch (code) {
    case 'ERR_HTTP_AUTH':
      return 'auth'
    case 'ERR_HTTP_METHOD':
    case 'ERR_HTTP_SCHEME':
      return 'command'
    case 'ERR_HTTP_TARGET':
      return 'address'
    default:
      return 'protocol'
  }
}

const isFault = (error: unknown): error is HttpFault =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  error.code.startsWith('ERR_HTTP_')

/**
 * Refuses a request that a decoder has rejected.
 *
 * @throws the error itself, if no HTTP decoder threw it
 */
export const refuseHttpFault = (error: unknown): HttpRefusal => {
  if (!isFault(error)) throw error
  const { status, message } = error
  const proxyStatus = errorStatus('http_request_error')
  const answer = encodeAnswer({ status, text: message, proxyStatus })
  return { answer, status, reason: reasonOf(error), message }
}

type FailureAnswer = { readonly status: RefusalStatus; readonly text: string }

/** Texts without an address, for clients that may not know more. */
const FAILURES: Readonly<Record<FailureOutcome, FailureAnswer>> = {
  denied: { status: 403, text: 'the proxy does not allow this target' },
  'client-denied': { status: 403, text: 'the proxy does not serve this client' },
  loop: { status: 403, text: 'the target is the proxy itself' },
  refused: { status: 502, text: 'the target refused the connection' },
  'host-unreachable': { status: 502, text: 'the target is unreachable' },
  'network-unreachable': { status: 502, text: 'the target is unreachable' },
  'no-family': { status: 502, text: 'the target is unreachable' },
  'timed-out': { status: 504, text: 'the target did not answer in time' },
  'no-address': { status: 502, text: 'the name of the target has no address' },
  'dns-failed': { status: 502, text: 'the name of the target could not be looked up' },
  limit: { status: 503, text: 'the proxy has reached a limit' },
  failed: { status: 502, text: 'the proxy could not connect to the target' },
}

/**
 * Answers a request whose race failed.
 *
 * @param failure code: as for `proxyError`. message: for people; it may contain addresses of attempts
 * @param isLocal whether the client is on this host and gets the message; any other client could learn
 *   from it which addresses this host reaches
 */
export const answerFailure = (
  {
    outcome,
    code,
    message,
  }: {
    readonly outcome: FailureOutcome
    readonly code: string
    readonly message: string
  },
  isLocal: boolean,
): Pick<HttpRefusal, 'answer' | 'status'> => {
  const error = proxyError(outcome, code)
  const { status: usual, text } = FAILURES[outcome]
  const status = error === 'dns_timeout' ? 504 : usual
  const proxyStatus = errorStatus(error, code)
  return { status, answer: encodeAnswer({ status, text: isLocal ? message : text, proxyStatus }) }
}
