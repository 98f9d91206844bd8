import type { Clock } from '../../core/clock.ts'
import type { MessageStream, OpenMessageStream } from '../../net/node/open-message-stream.ts'
import type { SocketBudget, SocketPlace } from '../query-load.ts'
import type { DnsServer } from './servers.ts'

/** A query that was sent by TCP. */
export type TcpQuery = {
  /** The answer still counts, but the connection may be closed when another socket is needed. */
  readonly spare: () => void
  /**
   * No answer came in time. If its connection has received no message since the query was sent, it may
   * be dead, and the next query opens another one. Otherwise like `spare`.
   */
  readonly timedOut: () => void
  /** Cancels the query: neither `take` nor `failed` is called any more. */
  readonly close: () => void
}

/**
 * How long a query may wait before later queries to its server use another connection, in
 * milliseconds. Servers should answer in any order (RFC 7766 section 6.2.1.1), but some process queries
 * one by one.
 */
export const SLOW_MS = 100

/** Sends queries by TCP, over one connection per server as long as it answers (RFC 7766 section 6.2.1). */
export type TcpQueries = {
  /**
   * Sends one query.
   *
   * @param take called with each message of the server until it returns true for the answer
   * @param failed called if there is no answer, with the name of the errno: the connection failed or was
   *   closed. Never called before this returns
   */
  readonly ask: (
    server: DnsServer,
    message: Uint8Array,
    take: (bytes: Uint8Array) => boolean,
    failed: (code: string) => void,
  ) => TcpQuery
  /** The network has changed: later queries open new connections. */
  readonly forget: () => void
  /** Closes all connections, without a callback to waiting queries. */
  readonly close: () => void
}

type Query = {
  readonly message: Uint8Array
  readonly take: (bytes: Uint8Array) => boolean
  readonly failed: (code: string) => void
  connection: Connection | null
  /** The connection has carried other queries before. */
  reused: boolean
  isSpare: boolean
  isLate: boolean
  /** Messages that the connection had received before the query was sent. */
  receivedBefore: number
  sentAt: number
}

type Connection = {
  readonly server: DnsServer
  readonly stream: MessageStream
  readonly place: SocketPlace
  readonly queries: Set<Query>
  readonly close: () => void
  /** Number of messages received. */
  received: number
}

export const createTcpQueries = ({
  open,
  clock,
  sockets,
}: {
  readonly open: OpenMessageStream
  readonly clock: Pick<Clock, 'now'>
  readonly sockets: SocketBudget
}): TcpQueries => {
  /** The connection of each server for the next query. */
  const current = new Map<string, Connection>()
  /** All open connections; those that are not current only carry earlier queries. */
  const opened = new Set<Connection>()

  const isCurrent = (connection: Connection): boolean =>
    current.get(connection.server.text) === connection

  const retire = (connection: Connection): void => {
    if (isCurrent(connection)) current.delete(connection.server.text)
  }

  /** Marks a connection as spare, or closes it, if no query needs it any more. */
  const relax = (connection: Connection): void => {
    const { stream, place, queries, close } = connection
    if (queries.size === 0) {
      if (!isCurrent(connection)) return close()
      stream.busy(false)
    }
    for (const { isSpare } of queries) if (!isSpare) return
    place.spare(close)
  }

  const leave = (query: Query): void => {
    const { connection } = query
    query.connection = null
    if (connection?.queries.delete(query)) relax(connection)
  }

  const connect = (server: DnsServer): Connection => {
    const place = sockets.take()
    const queries = new Set<Query>()
    /** @returns the unanswered queries */
    const forget = (): readonly Query[] => {
      place.free()
      retire(connection)
      opened.delete(connection)
      const left = [...queries]
      queries.clear()
      for (const query of left) query.connection = null
      return left
    }
    const stream = open(server.endpoint, {
      message: bytes => {
        connection.received++
        for (const query of queries) {
          if (!query.take(bytes)) continue
          leave(query)
          return
        }
      },
      closed: code => {
        for (const query of forget()) {
          // A server may close a connection while a query is on its way (RFC 7766 section 6.2.4), so
          // it is sent again.
          if (query.reused && !query.isLate) send(server, query)
          else query.failed(code ?? 'ECONNRESET')
        }
      },
    })
    const close = (): void => {
      forget()
      stream.close()
    }
    const connection: Connection = { server, stream, place, queries, close, received: 0 }
    current.set(server.text, connection)
    opened.add(connection)
    return connection
  }

  /** Whether the oldest query of a connection, which is the first in the set, has waited too long. */
  const isSlow = ({ queries }: Connection): boolean => {
    for (const { sentAt } of queries) return clock.now() - sentAt >= SLOW_MS
    return false
  }

  const send = (server: DnsServer, query: Query): void => {
    const last = current.get(server.text)
    if (last && isSlow(last)) retire(last)
    const known = current.get(server.text)
    query.sentAt = clock.now()
    query.reused = known !== undefined && !query.reused
    const connection = known ?? connect(server)
    query.connection = connection
    query.receivedBefore = connection.received
    connection.queries.add(query)
    connection.place.need()
    connection.stream.busy(true)
    connection.stream.send(query.message)
    if (query.isSpare) relax(connection)
  }

  const spare = (query: Query): void => {
    query.isSpare = true
    if (query.connection) relax(query.connection)
  }

  return {
    ask: (server, message, take, failed) => {
      const query: Query = {
        message,
        take,
        failed,
        connection: null,
        reused: false,
        isSpare: false,
        isLate: false,
        receivedBefore: 0,
        sentAt: 0,
      }
      send(server, query)
      return {
        spare: () => spare(query),
        timedOut: () => {
          query.isLate = true
          const { connection, receivedBefore } = query
          if (connection?.received === receivedBefore) retire(connection)
          spare(query)
        },
        close: () => leave(query),
      }
    },
    forget: () => {
      for (const connection of current.values()) {
        retire(connection)
        relax(connection)
      }
    },
    close: () => {
      for (const { close } of opened) close()
    },
  }
}
