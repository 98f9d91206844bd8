import type { Clock } from '../../core/clock.ts'
import type { Family, RecordType } from '../../core/ip.ts'
import type { OpenMessageStream } from '../../net/node/open-message-stream.ts'
import type { OpenUdp, UdpSocket } from '../../net/node/open-udp.ts'
import type { DnsResponse } from '../../wire/dns/message.ts'
import { RCODE, encodeQuery } from '../../wire/dns/message.ts'
import type { WireName } from '../../wire/dns/names.ts'
import { parseResponse } from '../../wire/dns/parse-response.ts'
import type { SocketBudget, SocketPlace } from '../query-load.ts'
import type { DnsServer, EdnsMemory } from './servers.ts'
import type { TcpQuery } from './tcp-queries.ts'
import { createTcpQueries } from './tcp-queries.ts'

/** Network access of a resolver to its servers. */
export type DnsTransport = {
  readonly openUdp: OpenUdp
  readonly openStream: OpenMessageStream
  /** Whether servers of a family can be asked; by default both. */
  readonly uses?: (family: Family) => boolean
  /** Returns a random 16-bit integer, the id of a query. */
  readonly randomId: () => number
}

/** The result of a query to one server: a valid response, or the error that prevented one. */
export type ServerResult =
  | Exclude<DnsResponse, { type: 'other' | 'truncated' }>
  /** `code` is the name of the errno. */
  | { readonly type: 'unreached'; readonly code: string }

/** One query to one server. */
export type Exchange = {
  /** Sends the query, or sends it again because no answer came. */
  readonly ask: () => void
  /** The answer would still count, but the socket may be closed to make one available for another query. */
  readonly spare: () => void
  /** No answer came in time; otherwise like `spare`. */
  readonly timedOut: () => void
  /** Ends the exchange; `settle` is not called any more. */
  readonly close: () => void
}

export type ExchangeOptions = {
  readonly server: DnsServer
  readonly name: WireName
  readonly record: RecordType
  /** Called at most once, never before `ask` has returned. */
  readonly settle: (result: ServerResult) => void
  /** Called when the server's UDP response was truncated and the query is repeated by TCP. */
  readonly onTcp: () => void
  /** Uses TCP only. */
  readonly useTcp: boolean
}

export type AskServer = {
  readonly startExchange: (options: ExchangeOptions) => Exchange
  /** The network has changed: new queries do not use the existing TCP connections. */
  readonly forget: () => void
  /** Closes the TCP connections; each exchange must be closed separately. */
  readonly close: () => void
}

/**
 * Asks servers. Each query has a UDP socket of its own (RFC 5452 section 9.2), and continues by TCP if
 * the response is truncated (RFC 7766 section 5).
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
  const tcp = createTcpQueries({ open: openStream, clock, sockets })

  const startExchange = ({
    server,
    name,
    record,
    settle,
    onTcp,
    useTcp,
  }: ExchangeOptions): Exchange => {
    /** Ids of the queries that may still be answered, by whether they have EDNS. */
    const sent = new Map<boolean, number>()
    let times = 0
    let byTcp = useTcp
    let udp: UdpSocket | undefined
    let place: SocketPlace | undefined
    /** TCP queries that may still be answered, the newest last. */
    let queries: TcpQuery[] = []
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
      for (const query of queries) query.close()
      queries = []
    }

    const end = (result: ServerResult): void => {
      if (over) return
      close()
      settle(result)
    }

    /** Encodes a query; a repeated query keeps its id. */
    const encode = (withEdns: boolean): Uint8Array => {
      const id = sent.get(withEdns) ?? randomId()
      sent.set(withEdns, id)
      return encodeQuery({ id, name, record }, withEdns)
    }

    const askByTcp = (withEdns: boolean): void => {
      const query = tcp.ask(
        server,
        encode(withEdns),
        bytes => take(bytes),
        code => {
          // The failure of an older connection does not matter, because it did not answer in time.
          if (query === queries.at(-1)) end({ type: 'unreached', code })
        },
      )
      queries.push(query)
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
      udp.send(encode(withEdns))
    }

    const send = (withEdns: boolean): void => {
      if (byTcp) askByTcp(withEdns)
      else askByUdp(withEdns)
      if (isSpare) spare()
    }

    const spare = (): void => {
      isSpare = true
      for (const query of queries) query.spare()
      place?.spare(closeUdp)
    }

    /** Whether a server rejected a query because of its OPT record (RFC 6891 section 7). */
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
        // Some firewalls drop queries with EDNS, so a server that answers only without it gets none.
        else if (sent.has(true) && !edns.isKnown(server.text)) edns.refused(server.text)
        end(response)
      }
    }

    /** @returns false if the bytes answer none of the queries; the wait continues */
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
        // A retry omits EDNS unless the server has answered a query with EDNS before.
        send(edns.isUsed(server.text) && (times === 1 || edns.isKnown(server.text)))
      },
      spare,
      timedOut: () => {
        for (const query of queries) query.timedOut()
        spare()
      },
      close,
    }
  }

  return { startExchange, forget: tcp.forget, close: tcp.close }
}
