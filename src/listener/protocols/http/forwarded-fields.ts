import type { HostPort } from '../../../core/host-port.ts'
import { formatHostPort } from '../../../core/host-port.ts'
import type { Field, RequestHead } from '../../../wire/http/wire.ts'
import { fieldValues } from '../../../wire/http/wire.ts'
import type { BodyFraming } from './body-framing.ts'
import { tokensOf } from './body-framing.ts'

/** Header fields as `node:http` has them: name, value, name, value, with duplicates and in their order. */
export type RawFields = readonly string[]

/** Fields that concern one connection only (RFC 9110 section 7.6.1, RFC 9112 appendix C.2.2). */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Fields that decide where a message ends, or whom it is for: no `Connection` may remove them. */
const KEPT: ReadonlySet<string> = new Set(['content-length', 'host', 'via'])

/** Fields that must not come behind a body (RFC 9110 section 6.5.1). */
const NO_TRAILERS: ReadonlySet<string> = new Set([
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'expect',
  'host',
  'max-forwards',
  'set-cookie',
  'www-authenticate',
])

const DEFAULT_PORT = 80

/** RFC 9110 section 8.6. */
const hasNoLength = (status: number): boolean => status < 200 || status === 204

/** Who forwards, in `Via` (RFC 9110 section 7.6.3). */
const PROXY_NAME = 'eyeballd'

const pairsOf = (raw: RawFields): readonly Field[] => {
  const fields: Field[] = []
  for (let i = 0; i + 1 < raw.length; i += 2) fields.push([raw[i] ?? '', raw[i + 1] ?? ''])
  return fields
}

/** Behind a Content-Length, Node would decode its value as UTF-8, so it stands in front of all others. */
const isDisposition = ([name]: Field): boolean => name.toLowerCase() === 'content-disposition'

/**
 * Returns the fields that are not only for the connection on which they came.
 *
 * @param isOther returns whether a field is left out for another reason; the name is in lower case
 */
const endToEnd = (
  fields: readonly Field[],
  isOther: (name: string) => boolean,
): readonly Field[] => {
  const connection = fieldValues({ fields }, 'Connection')
  const named = new Set(tokensOf(connection).filter(name => !KEPT.has(name)))
  const kept = fields.filter(([name]) => {
    const lower = name.toLowerCase()
    return !HOP_BY_HOP.has(lower) && !named.has(lower) && !isOther(lower)
  })
  return kept.some(isDisposition)
    ? [...kept.filter(isDisposition), ...kept.filter(field => !isDisposition(field))]
    : kept
}

/** Methods whose requests have no body unless they say so; others get a length of 0 (RFC 9110 section 8.6). */
const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE'])

/**
 * Returns the fields of a request as the target gets them (RFC 9110 section 7.6): without those of the
 * client's connection, with a `Host` made from the target (RFC 9112 section 3.2.2), and with `Via`. There is
 * no X-Forwarded-For, because a forward proxy does not tell its clients' addresses.
 */
export const requestFields = (
  { fields, method, version }: Pick<RequestHead, 'fields' | 'method' | 'version'>,
  { host, port }: HostPort,
  framing: BodyFraming['type'],
): string[] => {
  const kept = endToEnd(
    fields,
    name =>
      name === 'host' ||
      name.startsWith('proxy-') ||
      (name === 'content-length' && framing !== 'length'),
  )
  const authority = formatHostPort({ host, port })
  const ends: string[] = []
  if (framing === 'chunked') ends.push('Transfer-Encoding', 'chunked')
  else if (framing === 'none' && !BODILESS.has(method)) ends.push('Content-Length', '0')
  return [
    'Host',
    port === DEFAULT_PORT ? authority.slice(0, -`:${port}`.length) : authority,
    ...kept.flat(),
    ...ends,
    'Via',
    `${version} ${PROXY_NAME}`,
  ]
}

/**
 * Returns the fields of a response as the client gets them. `Proxy-Status` stays, because it is meant for
 * every reader of the response (RFC 9209 section 2). A response with status 1xx or 204 has no length (RFC
 * 9110 section 8.6).
 *
 * @param version of the target's response
 */
export const responseFields = (raw: RawFields, status: number, version: string): string[] => {
  const kept = endToEnd(
    pairsOf(raw),
    name =>
      (name.startsWith('proxy-') && name !== 'proxy-status') ||
      (name === 'content-length' && hasNoLength(status)),
  )
  return [...kept.flat(), 'Via', `${version} ${PROXY_NAME}`]
}

/** Returns the trailer fields to forward (RFC 9110 section 6.5). */
export const trailerFields = (raw: RawFields): [name: string, value: string][] =>
  endToEnd(pairsOf(raw), name => NO_TRAILERS.has(name) || name.startsWith('proxy-')).map(
    ([name, value]) => [name, value],
  )
