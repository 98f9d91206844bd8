import { fail } from '../../core/fail.ts'
import type { HostPort } from '../../core/host-port.ts'
import { latin1Text } from '../latin1-text.ts'
import { readTargetHost } from '../target-host.ts'
import type { HttpFault, RequestHead } from './wire.ts'
import { fieldValues, latin1Bytes } from './wire.ts'

/** What a request asks the proxy for. */
export type RequestTarget =
  /** A tunnel (RFC 9110 section 9.3.6). */
  | { readonly type: 'tunnel'; readonly target: HostPort }
  /** A request to forward, and its target in the form for an origin server (RFC 9112 section 3.2.1). */
  | { readonly type: 'forward'; readonly target: HostPort; readonly path: string }

/** The longest name; a name in SOCKS5 has a length of one byte (RFC 1928 section 5). */
const HOST_MAX_CHARACTERS = 255

/** The port of an `http` URI without one (RFC 9110 section 4.2.1). */
const HTTP_PORT = 80

const PORT_MAX = 65_535

/** A host, which is in brackets if it has a colon, and a port, which may be absent or empty. */
const AUTHORITY = /^(\[[^[\]]*\]|[^:[\]]*)(?::(\d{0,5}))?$/

/** What another method than CONNECT may have confused with its own target. */
const AUTHORITY_FORM = /^(?:\[[^[\]/?#@]*\]|[^:[\]/?#@]+):\d+$/

/** The scheme of a URI (RFC 3986 section 3.1). */
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*(?=:)/

/** An `http` URI in its parts: authority, then path and query. */
const HTTP_URI = /^http:\/\/([^/?#]*)([^#]*)$/i

const refuse = (message: string): HttpFault => fail('ERR_HTTP_TARGET', message, { status: 400 })

/** The message does not contain the host, which may hold anything. */
const refuseByte = (byte: number, at: number): Error =>
  refuse(
    `the host of the target has byte 0x${byte.toString(16)} at place ${at + 1}: a host name or an IP address is allowed`,
  )

const readPort = (digits: string): number => {
  const port = Number(digits)
  if (port >= 1 && port <= PORT_MAX) return port
  throw refuse(`the target has port ${port}: 1 to ${PORT_MAX} is allowed`)
}

/** @param defaultPort null: a port is required */
const readAuthority = (authority: string, defaultPort: number | null): HostPort => {
  // What stands before an @ may be a password, so no error may repeat it.
  if (authority.includes('@')) throw refuse('the target has user information: host:port is allowed')
  const [match, hostText = '', digits = ''] = AUTHORITY.exec(authority) ?? []
  if (match === undefined) throw refuse('the target has no valid host and port: expected host:port')
  if (hostText === '' || hostText === '[]') throw refuse('the target has an empty host')
  if (hostText.length > HOST_MAX_CHARACTERS) {
    throw refuse(`the host of the target is longer than ${HOST_MAX_CHARACTERS} characters`)
  }
  if (hostText.startsWith('[') && !hostText.includes(':')) {
    throw refuse('the target has brackets around something that is not IPv6')
  }
  // A copy: a part of a string keeps the whole string in memory, and a host is kept much longer than a path.
  const { host } = readTargetHost(latin1Text(latin1Bytes(hostText)), refuseByte)
  if (digits !== '') return { host, port: readPort(digits) }
  if (defaultPort === null) throw refuse('the target has no port: expected host:port')
  return { host, port: defaultPort }
}

/** The path and query of an `http` URI for the origin server (RFC 9112 sections 3.2.1 and 3.2.4). */
const originForm = (method: string, rest: string): string => {
  if (rest === '' && method === 'OPTIONS') return '*'
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** Methods that decide what a response is. Some servers ignore the case, and would answer what nobody reads. */
const CASED: ReadonlySet<string> = new Set(['CONNECT', 'HEAD'])

/** Methods are case-sensitive (RFC 9110 section 9.1). */
const assertCase = (method: string): void => {
  const upper = method.toUpperCase()
  if (method === upper || !CASED.has(upper)) return
  const message = `the method is ${upper} but for its case: methods are case-sensitive`
  throw fail('ERR_HTTP_METHOD', message, { status: 501 })
}

/** CONNECT has no content (RFC 9110 section 9.3.6): its bytes could be taken for another request. */
const assertNoContent = (head: Pick<RequestHead, 'fields'>): void => {
  for (const name of ['Content-Length', 'Transfer-Encoding']) {
    if (fieldValues(head, name).length === 0) continue
    throw fail('ERR_HTTP_BODY', `CONNECT has no content, but the request has ${name}`, {
      status: 400,
    })
  }
}

/**
 * Reads the target of a request to a proxy (RFC 9112 section 3.2): the authority-form for CONNECT, and the
 * absolute-form for any other method. A host is read as that of a SOCKS5 request is.
 *
 * The field Host is neither required nor compared: it says nothing that the target does not say, and the
 * target has precedence (RFC 9112 section 3.2.2).
 *
 * @param head target: visible ASCII, 1 character or more
 * @throws HttpFault: ERR_HTTP_TARGET, ERR_HTTP_SCHEME for a scheme other than `http`, ERR_HTTP_METHOD for
 *   the authority-form with another method and for CONNECT or HEAD in small letters, or ERR_HTTP_BODY for CONNECT with content. The message does not
 *   contain the target
 */
export const readRequestTarget = (
  head: Pick<RequestHead, 'method' | 'target' | 'fields'>,
): RequestTarget => {
  const { method, target } = head
  assertCase(method)
  if (method === 'CONNECT') {
    assertNoContent(head)
    return { type: 'tunnel', target: readAuthority(target, null) }
  }
  if (target.startsWith('/') || target === '*') {
    throw refuse('this is a proxy: the target of a request has the form http://host/path')
  }
  const uri = HTTP_URI.exec(target)
  if (uri) {
    const [, authority = '', rest = ''] = uri
    return {
      type: 'forward',
      target: readAuthority(authority, HTTP_PORT),
      path: originForm(method, rest),
    }
  }
  if (AUTHORITY_FORM.test(target)) {
    const message = 'only CONNECT has a target of the form host:port'
    throw fail('ERR_HTTP_METHOD', message, { status: 405 })
  }
  const scheme = SCHEME.exec(target)?.[0].toLowerCase()
  if (scheme !== undefined && scheme !== 'http') {
    const message = 'the target has another scheme than http: use CONNECT for it'
    throw fail('ERR_HTTP_SCHEME', message, { status: 501 })
  }
  throw refuse('the target has no valid form: expected http://host/path, or CONNECT with host:port')
}
