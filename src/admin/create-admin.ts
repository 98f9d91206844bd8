import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { withoutBrackets } from '../core/host-port.ts'
import { ignoreErrors } from '../core/stream-socket.ts'
import { formatIp, parseIp, unmapIp } from '../core/ip.ts'
import { isSpecial } from '../core/special-addresses.ts'
import type { AdminAnswer, AdminRoutes } from './routes.ts'

/** RFC 6750 section 2.1; the scheme is case-insensitive (RFC 9110 section 11.1). */
const BEARER = /^bearer +(\S+) *$/i

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/**
 * Returns whether a request carries the token, in constant time.
 *
 * @param authorization the header; undefined if there is none
 */
export const hasToken = (authorization: string | undefined, token: string): boolean => {
  const given = BEARER.exec(authorization ?? '')?.[1]
  return given !== undefined && timingSafeEqual(digest(given), digest(token))
}

const canonical = (address: string): string | undefined => {
  const ip = parseIp(address)
  if (!ip) return undefined
  const { family, bytes } = unmapIp(ip)
  return formatIp({ family, bytes })
}

/**
 * Returns whether a Host header names the endpoint itself. After DNS rebinding a browser sends the
 * attacker's name; no page can have an address of this endpoint as its origin.
 *
 * @param host the header; undefined if there is none, as in HTTP/1.0, which no browser sends
 * @param local the local address of the connection
 */
export const isOwnHost = (host: string | undefined, local: string | undefined): boolean => {
  if (host === undefined) return true
  const name = withoutBrackets(host.replace(/:\d*$/, '')).toLowerCase()
  if (name === 'localhost') return true
  const ip = parseIp(name)
  if (!ip) return false
  if (isSpecial('loopback', unmapIp(ip))) return true
  return local !== undefined && canonical(name) === canonical(local)
}

/**
 * Maximum number of connections, given enough descriptors. The oldest is closed for a new one, so that no
 * client can block healthchecks.
 */
export const ADMIN_CONNECTIONS_MAX = 8

/** Maximum duration of a connection, from accept to close. */
export const ADMIN_TIMEOUT_MS = 10_000

/** Maximum size of a request line and its headers together. */
const HEADER_MAX_BYTES = 8192

/** The error may hold what the asker must not see. */
const FAILED: AdminAnswer = { status: 500, text: 'eyeballd could not answer this request' }

/** The HTTP endpoint for health checks. */
export type Admin = {
  /**
   * Takes over an accepted connection.
   *
   * @param isUnix true for a UNIX socket: any Host is allowed there, because no browser can reach it
   */
  readonly take: (socket: Socket, isUnix: boolean) => void
  /** Sets the bearer token that requests must carry; null means that none is required. */
  readonly setToken: (token: string | null) => void
  /** Closes all connections at once. */
  readonly close: () => void
}

/**
 * Serves HTTP on connections that are accepted elsewhere. Each connection serves one request, which is
 * enough for a healthcheck.
 *
 * @param connectionsMax maximum number of connections at a time, 1 or more
 */
export const createAdmin = (
  clock: Clock,
  routes: AdminRoutes,
  connectionsMax: number = ADMIN_CONNECTIONS_MAX,
): Admin => {
  let token: string | null = null
  /** Each open connection with the cancel function of its timer, oldest first. */
  const open = new Map<Socket, { readonly isUnix: boolean; readonly cancel: () => void }>()

  const answerTo = async ({
    method,
    url = '',
    headers,
    socket,
  }: IncomingMessage): Promise<AdminAnswer> => {
    const isTrusted = token !== null && hasToken(headers.authorization, token)
    const isUnix = open.get(socket)?.isUnix ?? false
    if (!isTrusted && !isUnix && !isOwnHost(headers.host, socket.localAddress)) {
      const text = `Host: found ${JSON.stringify(headers.host)}; allowed: localhost, or the address of this endpoint`
      return { status: 403, text }
    }
    const route = routes.get(url.replace(/\?.*$/s, ''))
    if (token !== null && !isTrusted && !route?.isPublic)
      return { status: 401, text: 'a bearer token is needed (admin.token)' }
    if (!route) return { status: 404, text: `allowed: ${[...routes.keys()].join(', ')}` }
    if (method !== 'GET' && method !== 'HEAD') return { status: 405, text: 'allowed: GET, HEAD' }
    return route.answer()
  }

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    void answerTo(request)
      .catch(() => FAILED)
      .then(answer => respond(response, answer))
  }

  const respond = (
    response: ServerResponse,
    { status: code, text, type = 'text/plain; charset=utf-8' }: AdminAnswer,
  ): void => {
    const body = `${text}\n`
    response.writeHead(code, {
      'Content-Type': type,
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      Connection: 'close',
      ...(code === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
      ...(code === 405 ? { Allow: 'GET, HEAD' } : {}),
    })
    response.end(body)
  }

  let server: Server | undefined

  /**
   * The server does not listen: the daemon opens and closes admin addresses together with those of the listeners.
   * `node:http` is loaded for the first connection, because it takes up to 10 MB.
   */
  const getServer = (): Server => {
    server ??= process
      .getBuiltinModule('node:http')
      .createServer({ maxHeaderSize: HEADER_MAX_BYTES }, onRequest)
    return server
  }

  return {
    take: (socket, isUnix) => {
      const cancel = clock.after(ADMIN_TIMEOUT_MS, () => socket.destroy())
      open.set(socket, { isUnix, cancel })
      ignoreErrors(socket)
      socket.once('close', () => {
        cancel()
        open.delete(socket)
      })
      const [oldest] = open.keys()
      if (open.size > connectionsMax && oldest) {
        // `destroy` closes the descriptor at once but emits `close` later, so the entry is removed here.
        open.get(oldest)?.cancel()
        open.delete(oldest)
        oldest.destroy()
      }
      getServer().emit('connection', socket)
      socket.resume()
    },
    setToken: next => {
      token = next
    },
    close: () => {
      for (const socket of open.keys()) socket.destroy()
    },
  }
}
