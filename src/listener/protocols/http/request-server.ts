import type {
  ClientRequest,
  IncomingMessage,
  RequestOptions,
  Server,
  ServerResponse,
} from 'node:http'
import type { Duplex } from 'node:stream'
import { HEAD_MAX_BYTES } from '../../../wire/http/decode-head.ts'
import type { RawFields } from './forwarded-fields.ts'
import type { SocketStream, TargetStream } from './socket-stream.ts'

/** Both sides of a client's request in `node:http`. */
export type Incoming = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** The client's. */
  readonly stream: SocketStream
}

/** What happens on a client's stream. */
export type RequestHandlers = {
  readonly onRequest: (incoming: Incoming) => void
  /** The bytes on the stream are not HTTP: the request's body is malformed, or its trailer too large. */
  readonly onMalformed: (code: string) => void
  /** Of the client. */
  readonly listener: string
  /** The daemon or the listener begins to drain, or does so already. */
  readonly onDrain: () => void
}

/** A request to a target. */
export type SentRequest = {
  readonly method: string
  readonly path: string
  readonly fields: RawFields
  /** Of the response. */
  readonly maxHeaderSize: number
}

/** `node:http` for all clients of a daemon, without a socket of its own. */
export type RequestServer = {
  /**
   * Serves the requests on a client's stream.
   *
   * @returns call it when the client's connection is closed
   */
  readonly attach: (stream: SocketStream, handlers: RequestHandlers) => () => void
  /**
   * Creates a request on a connection. Its head goes out with the first bytes of its body, at its end, or by
   * `flushHeaders`.
   *
   * @param key that of the connection
   * @throws if the request has a part that HTTP does not allow
   */
  readonly send: (stream: TargetStream, key: string, request: SentRequest) => ClientRequest
  /** Lets every connection close as soon as it is idle. */
  readonly drain: () => void
  /**
   * Lets those of some listeners close as soon as they are idle, and those that come later from connections
   * that these listeners have accepted. A later call replaces this one.
   */
  readonly drainListeners: (isGone: (listener: string) => boolean) => void
}

type Client = { readonly stream: SocketStream; readonly handlers: RequestHandlers }

type TargetOptions = RequestOptions & { readonly stream: TargetStream; readonly key: string }

/**
 * Creates the parts of `node:http` for the first client that needs them: the module takes up to 10 MB. The
 * server never listens. It has no timeouts of its own: the client connections have theirs.
 */
const createParts = (
  clients: ReadonlyMap<Duplex, Client>,
): Pick<RequestServer, 'send'> & { readonly server: Server } => {
  const http = process.getBuiltinModule('node:http')
  const server = http.createServer({
    // Of a client's bytes it gets only bodies, and in a trailer as much as in a head.
    maxHeaderSize: HEAD_MAX_BYTES,
    insecureHTTPParser: false,
    requireHostHeader: false,
    keepAliveTimeout: 0,
    headersTimeout: 0,
    requestTimeout: 0,
  })
  // Node drops the fields above a number without a word; the size of a trailer is limited.
  server.maxHeadersCount = 0
  server.on('request', (request, response) => {
    const client = clients.get(request.socket)
    client?.handlers.onRequest({ request, response, stream: client.stream })
  })
  server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
    clients.get(stream)?.handlers.onMalformed(error.code ?? '')
  })

  const agent = new http.Agent({ keepAlive: true, maxFreeSockets: 1 })
  agent.createConnection = options => (options as TargetOptions).stream
  // One connection has one name, so that a request gets the connection that was chosen for it.
  agent.getName = options => (options as TargetOptions).key
  agent.keepSocketAlive = stream => {
    const target = stream as TargetStream
    target.isBusy = false
    return target.isReusable()
  }

  return {
    server,
    send: (stream, key, { method, path, fields, maxHeaderSize }) => {
      const options: TargetOptions = {
        method,
        path,
        maxHeaderSize,
        agent,
        stream,
        key,
        setHost: false,
        insecureHTTPParser: false,
      }
      const request = http.request(options)
      // Node has put the method in capitals. Fields among the options would make it write the head at once, with that
      // method, and with `Expect` also send it.
      request.method = method
      try {
        for (let i = 0; i + 1 < fields.length; i += 2) {
          request.appendHeader(fields[i] ?? '', fields[i + 1] ?? '')
        }
      } catch (error) {
        request.on('error', () => {}).destroy()
        throw error
      }
      return request
    },
  }
}

export const createRequestServer = (): RequestServer => {
  const clients = new Map<Duplex, Client>()
  let isDraining = false
  let isGone: Parameters<RequestServer['drainListeners']>[0] = () => false
  let parts: ReturnType<typeof createParts> | undefined
  return {
    attach: (stream, handlers) => {
      parts ??= createParts(clients)
      clients.set(stream, { stream, handlers })
      parts.server.emit('connection', stream)
      if (isDraining || isGone(handlers.listener)) handlers.onDrain()
      return () => void clients.delete(stream)
    },
    send: (stream, key, request) => {
      parts ??= createParts(clients)
      return parts.send(stream, key, request)
    },
    drain: () => {
      isDraining = true
      for (const { handlers } of clients.values()) handlers.onDrain()
    },
    drainListeners: isGoneNow => {
      isGone = isGoneNow
      for (const { handlers } of clients.values()) if (isGone(handlers.listener)) handlers.onDrain()
    },
  }
}
