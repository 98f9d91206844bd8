import type { MessageStream, OpenMessageStream } from '../../net/tcp/types.ts'
import type { DnsServer } from './servers.ts'
import type { SocketBudget, SocketPlace } from './socket-budget.ts'

/** Questions by TCP, all of those to one server on one connection (RFC 7766 section 6.2.1). */
export type TcpQuestions = {
  /**
   * Sends one question.
   *
   * @param take is shown each message of the server until it says that one was the answer
   * @param failed called instead where there is none, with the errno's name: the connection could not be
   *   made, or has ended
   * @returns gives the question up; neither is called then
   */
  readonly ask: (
    server: DnsServer,
    message: Uint8Array,
    take: (bytes: Uint8Array) => boolean,
    failed: (code: string) => void,
  ) => () => void
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
}

type Connection = {
  readonly stream: MessageStream
  readonly place: SocketPlace
  readonly questions: Set<Question>
}

export const createTcpQuestions = ({
  open,
  sockets,
}: {
  readonly open: OpenMessageStream
  readonly sockets: SocketBudget
}): TcpQuestions => {
  const connections = new Map<string, Connection>()

  const leave = (question: Question): void => {
    const { connection } = question
    question.connection = null
    if (!connection?.questions.delete(question) || connection.questions.size > 0) return
    connection.stream.busy(false)
    connection.place.spare(connection.stream.close)
  }

  const connect = (server: DnsServer): Connection => {
    const place = sockets.take()
    const questions = new Set<Question>()
    const forget = (): void => {
      place.free()
      if (connections.get(server.text) === connection) connections.delete(server.text)
    }
    const stream = open(server.endpoint, {
      message: bytes => {
        for (const question of questions) {
          if (!question.take(bytes)) continue
          leave(question)
          return
        }
      },
      closed: code => {
        forget()
        const left = [...questions]
        questions.clear()
        for (const question of left) {
          question.connection = null
          // A server may close a connection while a question is on its way (RFC 7766 section 6.2.4).
          if (question.reused) send(server, question)
          else question.failed(code ?? 'ECONNRESET')
        }
      },
    })
    const close = (): void => {
      forget()
      stream.close()
    }
    const connection: Connection = { stream: { ...stream, close }, place, questions }
    connections.set(server.text, connection)
    return connection
  }

  const send = (server: DnsServer, question: Question): void => {
    const known = connections.get(server.text)
    question.reused = known !== undefined && !question.reused
    const connection = known ?? connect(server)
    question.connection = connection
    connection.questions.add(question)
    connection.place.need()
    connection.stream.busy(true)
    connection.stream.send(question.message)
  }

  return {
    ask: (server, message, take, failed) => {
      const question: Question = { message, take, failed, connection: null, reused: false }
      send(server, question)
      return () => leave(question)
    },
    close: () => {
      for (const { stream } of connections.values()) stream.close()
    },
  }
}
