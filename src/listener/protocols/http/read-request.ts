import { fail } from '../../../core/fail.ts'
import { encodeAnswer } from '../../../wire/http/encode-answer.ts'
import type { ProxyError } from '../../../wire/http/proxy-status.ts'
import { errorStatus } from '../../../wire/http/proxy-status.ts'
import type { HttpRefusal } from '../../../wire/http/refusal.ts'
import { refuseHttpFault } from '../../../wire/http/refusal.ts'
import type { RequestTarget } from '../../../wire/http/request-target.ts'
import { readRequestTarget } from '../../../wire/http/request-target.ts'
import type { RefusalStatus, RequestHead } from '../../../wire/http/wire.ts'
import { bodyFraming } from './body-framing.ts'
import type { ExchangeFailure } from './exchange-types.ts'
import type { ForwardedRequest } from './exchange.ts'

/**
 * Reads the request to forward from its head.
 *
 * @param asked the target, if it was read before
 * @throws HttpFault. ERR_HTTP_METHOD for CONNECT: a tunnel needs a connection that carried no other request
 */
export const readRequest = (
  head: RequestHead,
  asked: RequestTarget = readRequestTarget(head),
): ForwardedRequest => {
  if (asked.type === 'tunnel') {
    const message = 'CONNECT must be the first request on its connection: open another connection'
    throw fail('ERR_HTTP_METHOD', message, { status: 400 })
  }
  const { target, path } = asked
  return { head, target, path, framing: bodyFraming(head) }
}

const ANSWERS: Readonly<
  Record<ExchangeFailure, { status: RefusalStatus; error: ProxyError; text: string }>
> = {
  terminated: {
    status: 502,
    error: 'connection_terminated',
    text: 'the target closed the connection before it sent a response',
  },
  protocol: {
    status: 502,
    error: 'http_protocol_error',
    text: 'the target did not send a valid response',
  },
  timeout: {
    status: 504,
    error: 'http_response_timeout',
    text: 'the target did not respond in time',
  },
  request: {
    status: 400,
    error: 'http_request_error',
    text: 'the request has a field or a target that cannot be forwarded',
  },
  stalled: {
    status: 408,
    error: 'http_request_error',
    text: 'the rest of the body did not arrive in time',
  },
}

/** Answers a request that got no usable response. */
export const answerExchangeFailure = (
  failure: ExchangeFailure,
): Pick<HttpRefusal, 'answer' | 'status'> => {
  const { status, error, text } = ANSWERS[failure]
  return { status, answer: encodeAnswer({ status, text, proxyStatus: errorStatus(error) }) }
}

/** @param code of the error of `node:http` */
export const refuseMalformedBody = (code: string): HttpRefusal => {
  const message = `the body of the request is malformed (${code})`
  return refuseHttpFault(fail('ERR_HTTP_BODY', message, { status: 400 }))
}

const CR = 0x0d
const LF = 0x0a

/** Returns a response without its body, as HEAD gets it (RFC 9110 section 9.3.2). */
export const withoutBody = (answer: Uint8Array): Uint8Array => {
  const end = answer.findIndex(
    (byte, i) =>
      byte === CR && answer[i + 1] === LF && answer[i + 2] === CR && answer[i + 3] === LF,
  )
  return end < 0 ? answer : answer.subarray(0, end + 4)
}
