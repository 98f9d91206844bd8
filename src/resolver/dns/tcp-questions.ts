import type { Clock } from '../../core/clock.ts'
import type { MessageStream, OpenMessageStream } from '../../net/tcp/types.ts'
import type { DnsServer } from './servers.ts'
import type { SocketBudget, SocketPlace } from '../query-load.ts'

/** A question that was sent by TCP. */
export type TcpQuestion = {
  /** The answer still counts, but the connection may be closed when another socket is needed. */
  readonly spare: () => void
  /**
   * No answer came in time. If its connection has received no message since the question was sent, it may
   * be dead, and the next question opens another one. Otherwise like `spare`.
   */
  readonly timedOut: () => void
  /** Cancels the question: neither `take` nor `failed` is called any more. */
  readonly close: () => void
}

/**
 * How long a question may wait before later questions to its server use another connection, in
 * milliseconds. Servers should answer in any order (RFC 7766 section 6.2.1.1), but some process questions
 * one by one.
 */
export const SLOW_MS = 100

/** Sends questions by TCP, over one connection per server as long as it answers (RFC 7766 section 6.2.1). */
export type TcpQuestions = {
  /**
   * Sends one question.
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
  ) => TcpQuestion
  /** The network has changed: later questions open new connections. */
  readonly forget: () => void
  /** Closes all connections, without a callback to waiting questions. */
  readonly close: () => void
}

type Question = {
  readonly message: Uint8Array
  readonly take: (bytes: Uint8Array) => boolean
  readonly failed: (code: string) => void
  connection: Connection | null
  /** The connection has carried other questions before. */
  reused: boolean
  isSpare: boolean
  isLate: boolean
  /** Messages that the connection had received before the question was sent. */
  heardBefore: number
  sentAt: number
}

type Connection = {
  readonly server: DnsServer
  readonly stream: MessageStream
  readonly place: SocketPlace
  readonly questions: Set<Question>
  readonly close: () => void
  /** Number of messages received. */
  heard: number
}

export const createTcpQuestions = ({
  open,
  clock,
  sockets,
}: {
  readonly open: OpenMessageStream
  readonly clock: Pick<Clock, 'now'>
  readonly sockets: SocketBudget
}): TcpQuestions => {
  /** The connection of each server for the next question. */
  const current = new Map<string, Connection>()
  /** All open connections; those that are not current only carry earlier questions. */
  const opened = new Set<Connection>()

  const isCurrent = (connection: Connection): boolean =>
    current.get(connection.server.text) === connection

  const retire = (connection: Connection): void => {
    if (isCurrent(connection)) current.delete(connection.server.text)
  }

  /** Marks a connection as spare, or closes it, if no question needs it any more. */
  const relax = (connection: Connection): void => {
    const { stream, place, questions, close } = connection
    if (questions.size === 0) {
      if (!isCurrent(connection)) return close()
      stream.busy(false)
    }
    for (const { isSpare } of questions) if (!isSpare) return
    place.spare(close)
  }

  const leave = (question: Question): void => {
    const { connection } = question
    question.connection = null
    if (connection?.questions.delete(question)) relax(connection)
  }

  const connect = (server: DnsServer): Connection => {
    const place = sockets.take()
    const questions = new Set<Question>()
    /** @returns the unanswered questions */
    const forget = (): readonly Question[] => {
      place.free()
      retire(connection)
      opened.delete(connection)
      const left = [...questions]
      questions.clear()
      for (const question of left) question.connection = null
      return left
    }
    const stream = open(server.endpoint, {
      message: bytes => {
        connection.heard++
        for (const question of questions) {
          if (!question.take(bytes)) continue
          leave(question)
          return
        }
      },
      closed: code => {
        for (const question of forget()) {
          // A server may close a connection while a question is on its way (RFC 7766 section 6.2.4), so
          // it is sent again.
          if (question.reused && !question.isLate) send(server, question)
          else question.failed(code ?? 'ECONNRESET')
        }
      },
    })
    const close = (): void => {
      forget()
      stream.close()
    }
    const connection: Connection = { server, stream, place, questions, close, heard: 0 }
    current.set(server.text, connection)
    opened.add(connection)
    return connection
  }

  /** Whether the oldest question of a connection, which is the first in the set, has waited too long. */
  const isSlow = ({ questions }: Connection): boolean => {
    for (const { sentAt } of questions) return clock.now() - sentAt >= SLOW_MS
    return false
  }

  const send = (server: DnsServer, question: Question): void => {
    const last = current.get(server.text)
    if (last && isSlow(last)) retire(last)
    const known = current.get(server.text)
    question.sentAt = clock.now()
    question.reused = known !== undefined && !question.reused
    const connection = known ?? connect(server)
    question.connection = connection
    question.heardBefore = connection.heard
    connection.questions.add(question)
    connection.place.need()
    connection.stream.busy(true)
    connection.stream.send(question.message)
    if (question.isSpare) relax(connection)
  }

  const spare = (question: Question): void => {
    question.isSpare = true
    if (question.connection) relax(question.connection)
  }

  return {
    ask: (server, message, take, failed) => {
      const question: Question = {
        message,
        take,
        failed,
        connection: null,
        reused: false,
        isSpare: false,
        isLate: false,
        heardBefore: 0,
        sentAt: 0,
      }
      send(server, question)
      return {
        spare: () => spare(question),
        timedOut: () => {
          question.isLate = true
          const { connection, heardBefore } = question
          if (connection?.heard === heardBefore) retire(connection)
          spare(question)
        },
        close: () => leave(question),
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
