import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { CancelTimer, Clock } from '../core/clock.ts'
import { codeOf, errorOf } from '../core/fail.ts'
import { formatHostPort } from '../core/host-port.ts'
import { quote } from '../core/quote.ts'
import { ignoreErrors } from '../core/stream-socket.ts'
import { checkRequest } from './check-request.ts'
import { BODY_MAX_BYTES, readBody } from './read-body.ts'
import { readRequestTarget } from './request-target.ts'
import type { AdminAnswer, AdminRoutes } from './routes.ts'
import { sendAnswer } from './send-answer.ts'

/**
 * Maximum number of connections, given enough descriptors. The oldest that is no stream is closed for a new
 * one, so that no client can block healthchecks.
 */
export const ADMIN_CONNECTIONS_MAX = 8

/** Maximum number of streams: half of the connections, and at most this many. */
export const STREAMS_MAX = 4

/** Maximum duration of a connection that is no stream, from accept to close. */
export const ADMIN_TIMEOUT_MS = 10_000

/** Maximum size of a request line and its headers together. */
const HEADER_MAX_BYTES = 8192

/** An error may hold what the client must not see; that of a wrong request holds what the client has sent. */
const answerFailure = (error: unknown): AdminAnswer =>
  codeOf(error) === 'ERR_INVALID_ARG'
    ? { status: 400, text: errorOf(error).message }
    : { status: 500, text: 'eyeballd could not answer this request' }

/** The HTTP endpoint. */
export type Admin = {
  /**
   * Takes over an accepted connection.
   *
   * @param isUnix true for a UNIX socket: any Host is allowed there, because no browser can reach it
   */
  readonly take: (socket: Socket, isUnix: boolean) => void
  /** Sets the bearer token that requests must carry; null means that none is required. Streams end. */
  readonly setToken: (token: string | null) => void
  /** Closes the streams: their address is not in force any more. */
  readonly endStreams: () => void
  /** Closes all connections at once. */
  readonly close: () => void
}

/** An open connection. */
type Connection = {
  readonly isUnix: boolean
  /** Its request has come; what follows it is ignored. */
  isTaken: boolean
  isStream: boolean
  cancel: CancelTimer
}

/**
 * Serves HTTP on connections that are accepted elsewhere. Each connection serves one request.
 *
 * @param connectionsMax maximum number of connections at a time, 1 or more
 */
export const createAdmin = (
  clock: Clock,
  routes: AdminRoutes,
  connectionsMax: number = ADMIN_CONNECTIONS_MAX,
): Admin => {
  const streamsMax = Math.min(STREAMS_MAX, Math.floor(connectionsMax / 2))
  let token: string | null = null
  /** Oldest first. */
  const open = new Map<Socket, Connection>()

  const limit = (socket: Socket, connection: Connection, ms: number): void => {
    connection.cancel()
    connection.cancel = clock.after(ms, () => socket.destroy())
  }

  /** @returns false if there are too many */
  const beginStream = (connection: Connection): boolean => {
    if ([...open.values()].filter(({ isStream }) => isStream).length >= streamsMax) return false
    connection.isStream = true
    connection.cancel()
    return true
  }

  const answerTo = async (
    request: IncomingMessage,
    connection: Connection,
  ): Promise<AdminAnswer> => {
    const { method, headers, socket } = request
    const { localAddress, remoteAddress, remotePort } = socket
    const { isUnix } = connection
    const { path, query, host } = readRequestTarget(request)
    const route = routes.get(path)
    const refused = checkRequest({ method, host, headers, localAddress, isUnix }, route, token)
    if (refused) return refused
    if (!route) {
      const text = `found the path ${quote(path)}; allowed: ${[...routes.keys()].join(', ')}`
      return { status: 404, text }
    }
    const body = method === 'POST' ? await readBody(request) : ''
    if (body === null) {
      const text = `found a body of more than ${BODY_MAX_BYTES} bytes; allowed: at most so many`
      return { status: 413, text }
    }
    if (route.isStream && !beginStream(connection)) {
      const text = `found too many streams; allowed: ${streamsMax} at a time`
      return { status: 503, text, headers: { 'Retry-After': '5' } }
    }
    if (route.timeoutMs !== undefined) limit(socket, connection, route.timeoutMs)
    const left = new AbortController()
    socket.once('close', () => left.abort())
    if (socket.destroyed) left.abort()
    return route.answer({
      query,
      headers,
      body,
      client: isUnix
        ? 'unix'
        : formatHostPort({ host: remoteAddress ?? '', port: remotePort ?? 0 }),
      signal: left.signal,
    })
  }

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request
    const connection = open.get(socket)
    // It was closed for a newer one.
    if (!connection) return
    if (connection.isTaken) {
      // node:http would keep each further request until the first one is answered. It resumes the socket at
      // the end of each request, so the pause comes after that.
      process.nextTick(() => socket.pause())
      return
    }
    connection.isTaken = true
    const isHead = request.method === 'HEAD'
    answerTo(request, connection)
      .catch(answerFailure)
      .then(answer => sendAnswer(response, answer, isHead, clock))
      .catch(() => socket.destroy())
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

  const endStreams = (): void => {
    for (const [socket, { isStream }] of open) if (isStream) socket.destroy()
  }

  const closeOldest = (): void => {
    for (const [socket, connection] of open) {
      if (connection.isStream) continue
      // `destroy` closes the descriptor at once but emits `close` later, so the entry is removed here.
      connection.cancel()
      open.delete(socket)
      socket.destroy()
      return
    }
  }

  return {
    take: (socket, isUnix) => {
      const connection: Connection = { isUnix, isTaken: false, isStream: false, cancel: () => {} }
      limit(socket, connection, ADMIN_TIMEOUT_MS)
      open.set(socket, connection)
      ignoreErrors(socket)
      socket.once('close', () => {
        connection.cancel()
        open.delete(socket)
      })
      if (open.size > connectionsMax) closeOldest()
      getServer().emit('connection', socket)
      socket.resume()
    },
    setToken: next => {
      if (next === token) return
      token = next
      endStreams()
    },
    endStreams,
    close: () => {
      for (const socket of open.keys()) socket.destroy()
    },
  }
}
