import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../core/clock.ts'
import { ignoreErrors } from '../core/ignore-errors.ts'
import { hasToken, isOwnHost } from './may-ask.ts'
import { ROUTES } from './routes.ts'
import type { AdminAnswer, AdminStatus } from './types.ts'

/** Connections at a time, where there are descriptors enough. For one more the oldest is closed: nobody can keep a healthcheck out by holding them. */
export const ADMIN_CONNECTIONS_MAX = 8

/** How long a connection may take in all, from accept to its end. */
export const ADMIN_TIMEOUT_MS = 10_000

/** Of a request's first line and headers together. */
const HEADER_MAX_BYTES = 8192

/** The HTTP endpoint for health checks. */
export type Admin = {
  /**
   * Takes an accepted connection over.
   *
   * @param isUnix on a UNIX socket, which no browser reaches, any Host is allowed
   */
  readonly take: (socket: Socket, isUnix: boolean) => void
  /** Sets what those who ask have to send; null: nothing. */
  readonly setToken: (token: string | null) => void
  /** Closes all connections at once. */
  readonly close: () => void
}

/**
 * Serves HTTP on connections that are accepted elsewhere. Each has one request: a health check needs no more.
 *
 * @param status is asked for each request
 * @param connectionsMax connections at a time, 1 or more
 */
export const createAdmin = (
  clock: Clock,
  status: () => AdminStatus,
  connectionsMax: number = ADMIN_CONNECTIONS_MAX,
): Admin => {
  let token: string | null = null
  /** Each connection, with what ends it; the oldest first. */
  const open = new Map<Socket, { readonly isUnix: boolean; readonly cancel: () => void }>()

  const answerTo = ({ method, url = '', headers, socket }: IncomingMessage): AdminAnswer => {
    const isTrusted = token !== null && hasToken(headers.authorization, token)
    const isUnix = open.get(socket)?.isUnix ?? false
    if (!isTrusted && !isUnix && !isOwnHost(headers.host, socket.localAddress)) {
      const text = `Host: found ${JSON.stringify(headers.host)}; allowed: localhost, or the address of this endpoint`
      return { status: 403, text }
    }
    const route = ROUTES.get(url.replace(/\?.*$/s, ''))
    if (token !== null && !isTrusted && !route?.isPublic)
      return { status: 401, text: 'a bearer token is needed (admin.token)' }
    if (!route) return { status: 404, text: `allowed: ${[...ROUTES.keys()].join(', ')}` }
    if (method !== 'GET' && method !== 'HEAD') return { status: 405, text: 'allowed: GET, HEAD' }
    return route.answer(status())
  }

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const { status: code, text } = answerTo(request)
    const body = `${text}\n`
    response.writeHead(code, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      Connection: 'close',
      ...(code === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
      ...(code === 405 ? { Allow: 'GET, HEAD' } : {}),
    })
    response.end(body)
  }

  // It does not listen itself: addresses are opened and closed as those of the listeners are.
  const server = createServer({ maxHeaderSize: HEADER_MAX_BYTES }, onRequest)

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
        // Its descriptor is closed within the call, its event comes later.
        open.get(oldest)?.cancel()
        open.delete(oldest)
        oldest.destroy()
      }
      server.emit('connection', socket)
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
