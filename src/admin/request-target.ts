import type { IncomingMessage } from 'node:http'
import { fail } from '../core/fail.ts'

/** What a request asks for. */
export type RequestTarget = {
  readonly path: string
  readonly query: URLSearchParams
  /** The name of the endpoint that the client has used, with its port; undefined if it says none. */
  readonly host: string | undefined
}

/** The form for a proxy, which every server has to take too. Its host stands for the Host field. */
const ABSOLUTE = /^http:\/\/(?<host>[^/?#]*)(?<rest>.*)$/is

const hostsIn = (rawHeaders: readonly string[]): number =>
  rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host').length

/**
 * Reads the request target (RFC 9112 section 3.2).
 *
 * @throws ERR_INVALID_ARG for more than one Host field
 */
export const readRequestTarget = ({
  url = '',
  headers,
  rawHeaders,
}: Pick<IncomingMessage, 'url' | 'headers' | 'rawHeaders'>): RequestTarget => {
  const hosts = hostsIn(rawHeaders)
  if (hosts > 1) throw fail('ERR_INVALID_ARG', `Host: found ${hosts} fields; allowed: one`)
  const absolute = ABSOLUTE.exec(url)?.groups
  const text = absolute ? absolute['rest'] || '/' : url
  const [path = ''] = text.split('?', 1)
  return {
    path,
    query: new URLSearchParams(text.slice(path.length)),
    host: absolute ? absolute['host'] : headers.host,
  }
}
