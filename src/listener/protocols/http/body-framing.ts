import { fail } from '../../../core/fail.ts'
import type { HttpFault, RequestHead } from '../../../wire/http/wire.ts'
import { fieldValues, latin1Bytes } from '../../../wire/http/wire.ts'

/** How the end of a request's body is found (RFC 9112 section 6.3). */
export type BodyFraming =
  | { readonly type: 'none' }
  | { readonly type: 'length'; readonly length: number }
  /** Only `node:http` knows where such a body ends. */
  | { readonly type: 'chunked' }

/** The members of a list of tokens, in lower case (RFC 9110 section 5.6.1). */
export const tokensOf = (values: readonly string[]): readonly string[] =>
  values
    .flatMap(value => value.split(','))
    .map(token => token.trim().toLowerCase())
    .filter(token => token !== '')

/** All lengths of so many digits are exact numbers. */
const LENGTH = /^\d{1,15}$/

const refuse = (message: string, status: 400 | 501 = 400): HttpFault =>
  fail('ERR_HTTP_BODY', message, { status })

const lengthOf = (values: readonly string[]): number => {
  const [value = ''] = values
  if (values.length > 1) throw refuse('the request has more than one Content-Length')
  if (!LENGTH.test(value)) throw refuse('the Content-Length of the request is not a number')
  return Number(value)
}

/**
 * Reads how a request's body ends. It refuses what two readers could read differently: then the body of one
 * request could be taken for another request (RFC 9112 section 11.2).
 *
 * @throws HttpFault with ERR_HTTP_BODY
 */
export const bodyFraming = (head: Pick<RequestHead, 'fields' | 'version'>): BodyFraming => {
  const lengths = fieldValues(head, 'Content-Length')
  const codings = fieldValues(head, 'Transfer-Encoding')
  if (codings.length === 0) {
    return lengths.length === 0 ? { type: 'none' } : { type: 'length', length: lengthOf(lengths) }
  }
  if (lengths.length > 0) throw refuse('the request has Content-Length and Transfer-Encoding')
  if (head.version === '1.0') throw refuse('a request of HTTP/1.0 has no Transfer-Encoding')
  const [coding, ...others] = codings.map(value => value.toLowerCase())
  if (coding === 'chunked' && others.length === 0) return { type: 'chunked' }
  // RFC 9112 section 6.1: a coding that the server does not know is 501; without `chunked` at the end, 400.
  const tokens = tokensOf(codings)
  const isKnownForm = tokens.at(-1) === 'chunked' && tokens.indexOf('chunked') === tokens.length - 1
  if (isKnownForm) throw refuse('the only transfer coding served here is chunked', 501)
  throw refuse('the Transfer-Encoding of the request is not chunked')
}

/** The length of a body; Infinity if it is not known. */
export const bodyLength = (framing: BodyFraming): number => {
  if (framing.type === 'length') return framing.length
  return framing.type === 'chunked' ? Infinity : 0
}

/** Whether the client wants no further request on its connection (RFC 9112 section 9.3). */
export const isLastRequest = (head: Pick<RequestHead, 'fields' | 'version'>): boolean =>
  head.version === '1.0' || tokensOf(fieldValues(head, 'Connection')).includes('close')

/**
 * Encodes the head that `node:http` gets in place of the client's: only what it needs in order to find the
 * end of the body and to send the response. The head was decoded already, so that nothing in it can be read
 * a second time and differently.
 */
export const encodeInnerHead = (
  head: Pick<RequestHead, 'fields' | 'method' | 'version'>,
  framing: BodyFraming,
): Uint8Array => {
  // The method decides only whether the response has a body.
  const method = head.method === 'HEAD' ? 'HEAD' : 'POST'
  const lines = [`${method} / HTTP/${head.version}`]
  if (framing.type === 'length') lines.push(`Content-Length: ${framing.length}`)
  if (framing.type === 'chunked') lines.push('Transfer-Encoding: chunked')
  if (isLastRequest(head)) lines.push('Connection: close')
  return latin1Bytes(`${lines.join('\r\n')}\r\n\r\n`)
}
