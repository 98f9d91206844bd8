import { latin1Bytes } from '../../../wire/http/wire.ts'
import type { RawFields } from './forwarded-fields.ts'

/**
 * Encodes an interim response (RFC 9110 section 15.2). `node:http` can write only some of them.
 *
 * @param fields as `responseFields` returns them
 */
export const encodeInterim = (status: number, phrase: string, fields: RawFields): Uint8Array => {
  const lines = [`HTTP/1.1 ${status} ${phrase}`]
  for (let i = 0; i + 1 < fields.length; i += 2) lines.push(`${fields[i]}: ${fields[i + 1]}`)
  return latin1Bytes(`${lines.join('\r\n')}\r\n\r\n`)
}
