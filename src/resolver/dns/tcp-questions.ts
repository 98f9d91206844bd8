import type { Clock } from '../../core/clock.ts'
import type { MessageStream, OpenMessageStream } from '../../net/tcp/types.ts'
import type { DnsServer } from './servers.ts'
import type { SocketBudget, SocketPlace } from './socket-budget.ts'

/** A question that was sent. */
export type TcpQuestion = {
  /** Its answer still counts, but its connection may be closed for another socket. */
  readonly spare: () => void
  /**
   * No answer came in time. If nothing has come on its connection since the question was sent, the
   * connection may be dead, and the next question opens another one. Else the same as `spare`.
   */
  readonly timedOut: () => void
  /** Gives the question up: neither `take` nor `failed` is called any more. */
  readonly close: () => void
}

/**
 * How long a question may be without an answer before others to its server go by another connection, in
 * milliseconds: servers are to answer in any order (RFC 7766 section 6.2.1.1), but some let every question
 * wait for the one before it.
 */
export const SLOW_MS = 100

/** Questions by TCP, those to one server on one connection as long as it answers (RFC 7766 section 6.2.1). */
export type TcpQuestions = {
  /**
   * Sends one question.
   *
   * @param take is shown each message of the server until it says that one was the answer
   * @param failed called instead where there is none, with the errno's name: the connection could not be
   *   made, or has ended. Never called before this returns
   */
  readonly ask: (
    server: DnsServer,
    message: Uint8Array,
    take: (bytes: Uint8Array) => boolean,
    failed: (code: string) => void,
  ) => TcpQuestion
  /** The network is another one: the next questions open connections of their own. */
  readonly forget: () => void
  /** Closes all connections. Questions that wait hear nothing of it. */
  readonly close: () => void
}

type Question = {
  readonly message: Uint8Array
  readonly take: (bytes: Uint8Array) => boolean
  readonly failed: (code: string) => void
  connection: Connection | null
  /** The connection had carried others before. */
  reused: boolean
  isSpare: boolean
  isLate: boolean
  /** Messages that had come on its connection before it was sent. */
  heardBefore: number
  sentAt: number
}

type Connection = {
  readonly server: DnsServer
  readonly stream: MessageStream
  readonly place: SocketPlace
  readonly questions: Set<Question>
  readonly close: () => void
  /** Messages that have come. */
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
  /** The connection of each server that the next question is sent on. */
  const current = new Map<string, Connection>()
  /** All that are open; those that are not current carry late questions alone, or what was sent before. */
  const opened = new Set<Connection>()

  const isCurrent = (connection: Connection): boolean =>
    current.get(connection.server.text) === connection

  const retire = (connection: Connection): void => {
    if (isCurrent(connection)) current.delete(connection.server.text)
  }

  /** Gives up what the questions of a connection, and those to come, do not need of it. */
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
    /** @returns the questions that had no answer */
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
          // A server may close a connection while a question is on its way (RFC 7766 section 6.2.4).
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

  /** The first question of a connection is the one that has waited for longest. */
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
