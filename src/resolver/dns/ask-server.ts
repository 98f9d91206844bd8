import type { Clock } from '../../core/clock.ts'
import type { RecordType } from '../../core/family.ts'
import type { OpenMessageStream } from '../../net/tcp/types.ts'
import type { OpenUdp, UdpSocket } from '../../net/udp/types.ts'
import { encodeQuery } from '../../wire/dns/encode-query.ts'
import { RCODE } from '../../wire/dns/format.ts'
import type { WireName } from '../../wire/dns/names.ts'
import { parseResponse } from '../../wire/dns/parse-response.ts'
import type { DnsResponse } from '../../wire/dns/types.ts'
import type { EdnsMemory } from './edns-memory.ts'
import type { DnsServer } from './servers.ts'
import type { SocketBudget, SocketPlace } from './socket-budget.ts'
import type { TcpQuestion } from './tcp-questions.ts'
import { createTcpQuestions } from './tcp-questions.ts'

/** How a resolver reaches its servers. */
export type DnsTransport = {
  readonly openUdp: OpenUdp
  readonly openStream: OpenMessageStream
  /** A whole number of 16 bits, at random: the id of a query. */
  readonly randomId: () => number
}

/** What came of a question to one server: a response that counts, or that the server was not reached. */
export type Said =
  | Exclude<DnsResponse, { type: 'other' | 'truncated' }>
  /** `code` is the errno's name. */
  | { readonly type: 'unreached'; readonly code: string }

/** One question to one server. */
export type Conversation = {
  /** Asks, or asks again because no answer came. */
  readonly ask: () => void
  /** An answer would still count, but its socket may be taken away for another question's. */
  readonly spare: () => void
  /** No answer came in time. Besides, the same as `spare`. */
  readonly timedOut: () => void
  /** Ends it; nothing is heard of it any more. */
  readonly close: () => void
}

export type ConversationOptions = {
  readonly server: DnsServer
  readonly name: WireName
  readonly record: RecordType
  /** Called once at most, never before `ask` has returned. */
  readonly settle: (said: Said) => void
  /** The server has answered by UDP, and is asked by TCP now. */
  readonly onTcp: () => void
  /** Asks by TCP alone. */
  readonly useTcp: boolean
}

export type AskServer = {
  readonly converse: (options: ConversationOptions) => Conversation
  /** The network is another one: connections by TCP are of no use any more. */
  readonly forget: () => void
  /** Closes the connections by TCP; conversations are closed one by one. */
  readonly close: () => void
}

/**
 * Asks servers. Each question has a UDP socket of its own, which is closed with it (RFC 5452 section
 * 9.2); where the answer is truncated it goes on by TCP (RFC 7766 section 5).
 */
export const createAskServer = ({
  transport: { openUdp, openStream, randomId },
  clock,
  sockets,
  edns,
}: {
  readonly transport: DnsTransport
  readonly clock: Pick<Clock, 'now'>
  readonly sockets: SocketBudget
  readonly edns: EdnsMemory
}): AskServer => {
  const tcp = createTcpQuestions({ open: openStream, clock, sockets })

  const converse = ({
    server,
    name,
    record,
    settle,
    onTcp,
    useTcp,
  }: ConversationOptions): Conversation => {
    /** Queries that may still be answered: the one with EDNS, the one without, or both. */
    const sent = new Map<boolean, number>()
    let times = 0
    let byTcp = useTcp
    let udp: UdpSocket | undefined
    let place: SocketPlace | undefined
    /** Its questions by TCP, each of which may still be answered; the newest is the last. */
    let questions: TcpQuestion[] = []
    let isSpare = false
    let over = false

    const closeUdp = (): void => {
      udp?.close()
      place?.free()
      udp = undefined
      place = undefined
    }

    const close = (): void => {
      over = true
      closeUdp()
      for (const question of questions) question.close()
      questions = []
    }

    const end = (said: Said): void => {
      if (over) return
      close()
      settle(said)
    }

    /** The message of a query; one that is repeated keeps its id. */
    const query = (withEdns: boolean): Uint8Array => {
      const id = sent.get(withEdns) ?? randomId()
      sent.set(withEdns, id)
      return encodeQuery({ id, name, record }, withEdns)
    }

    const askByTcp = (withEdns: boolean): void => {
      const question = tcp.ask(
        server,
        query(withEdns),
        bytes => take(bytes),
        code => {
          // Of an older connection, which did not answer in time, nothing more is expected.
          if (question === questions.at(-1)) end({ type: 'unreached', code })
        },
      )
      questions.push(question)
    }

    const askByUdp = (withEdns: boolean): void => {
      if (!udp) {
        place = sockets.take()
        udp = openUdp(server.endpoint, {
          message: bytes => void take(bytes),
          failed: code => end({ type: 'unreached', code }),
        })
      }
      place?.need()
      udp.send(query(withEdns))
    }

    const send = (withEdns: boolean): void => {
      if (byTcp) askByTcp(withEdns)
      else askByUdp(withEdns)
      if (isSpare) spare()
    }

    const spare = (): void => {
      isSpare = true
      for (const question of questions) question.spare()
      place?.spare(closeUdp)
    }

    /** Whether a server refused a query for the OPT record in it (RFC 6891 section 7). */
    const refusesEdns = (response: DnsResponse): boolean => {
      if (response.type !== 'failure') return false
      const { rcode, edns: hasOpt } = response
      return (
        rcode === RCODE.formatError ||
        rcode === RCODE.badVersion ||
        (rcode === RCODE.notImplemented && !hasOpt)
      )
    }

    const conclude = (
      response: Exclude<DnsResponse, { type: 'other' }>,
      withEdns: boolean,
    ): void => {
      if (withEdns && refusesEdns(response)) {
        edns.refused(server.text)
        sent.delete(true)
        send(false)
      } else if (response.type === 'truncated') {
        if (byTcp) return end({ type: 'malformed' })
        byTcp = true
        closeUdp()
        onTcp()
        send(withEdns)
      } else {
        if (withEdns) edns.answered(server.text)
        // The query with EDNS was lost on its way, as some firewalls see to.
        else if (sent.has(true) && !edns.isKnown(server.text)) edns.refused(server.text)
        end(response)
      }
    }

    /** @returns false for what is no answer to any query that was sent: the wait goes on */
    const take = (bytes: Uint8Array): boolean => {
      for (const [withEdns, id] of sent) {
        const response = parseResponse(bytes, { id, name, record })
        if (response.type === 'other') continue
        conclude(response, withEdns)
        return true
      }
      return false
    }

    return {
      ask: () => {
        if (over) return
        times++
        isSpare = false
        // A server that has never answered one with EDNS is tried without it.
        send(edns.isUsed(server.text) && (times === 1 || edns.isKnown(server.text)))
      },
      spare,
      timedOut: () => {
        for (const question of questions) question.timedOut()
        spare()
      },
      close,
    }
  }

  return { converse, forget: tcp.forget, close: tcp.close }
}
