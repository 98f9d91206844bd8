import type { Failure } from '../../core/fail.ts'

/** A status with which the proxy itself refuses a request (RFC 9110 section 15, RFC 6585 section 5). */
export type RefusalStatus = 400 | 403 | 405 | 407 | 408 | 431 | 501 | 502 | 503 | 504 | 505

/** An error of the decoders: a code `ERR_HTTP_*`, and the status that answers it. */
export type HttpFault = Failure<{ readonly status: RefusalStatus }>

/** One field line: the name as sent, and the value without white space around it, one character a byte. */
export type Field = readonly [name: string, value: string]

/** The head of a request (RFC 9112 section 2.1): its request line and its fields. */
export type RequestHead = {
  /** As sent: methods are case-sensitive. */
  readonly method: string
  /** Visible ASCII, 1 character or more. */
  readonly target: string
  readonly version: '1.0' | '1.1'
  /** In order, with repeated names. */
  readonly fields: readonly Field[]
  /** All bytes of the head as received, up to and with the empty line. */
  readonly bytes: Uint8Array
}

/** The values of all fields with a name, in order. */
export const fieldValues = ({ fields }: Pick<RequestHead, 'fields'>, name: string): string[] => {
  const wanted = name.toLowerCase()
  return fields.flatMap(([each, value]) => (each.toLowerCase() === wanted ? value : []))
}

/** Encodes text of one byte a character. */
export const latin1Bytes = (text: string): Uint8Array =>
  Uint8Array.from(text, character => character.charCodeAt(0))
