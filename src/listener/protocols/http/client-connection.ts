import type { VerifyLogin } from '../../../auth/create-verify-login.ts'
import type { PipeReason } from '../../../pipe/join.ts'
import { closeClient, lingeringClose } from '../../close-client.ts'
import type { FirstRequest } from '../../protocol-types.ts'
import type { SessionState } from '../../session-state.ts'
import { bodyLength, encodeInnerHead } from './body-framing.ts'
import { createClientInput } from './client-input.ts'
import { createConnectionRecord } from './connection-record.ts'
import type { Exchange, ExchangeClient } from './exchange-types.ts'
import type { ForwardedRequest } from './exchange.ts'
import { startExchange } from './exchange.ts'
import { createConnectionTimer, KEEP_ALIVE_MS } from './connection-timer.ts'
import { createPlaceHolds } from './place-holds.ts'
import { answerExchangeFailure, refuseMalformedBody, withoutBody } from './read-request.ts'
import type { RequestGate, RequestRefusal } from './request-gate.ts'
import { createRequestGate } from './request-gate.ts'
import type { Incoming } from './request-server.ts'
import { SocketStream } from './socket-stream.ts'
import { createUpstream } from './upstream.ts'

const NOTHING = new Uint8Array(0)

/**
 * Serves the requests of one client connection, one after the other, from the first head on. It owns the
 * client's socket and emits the events of its end: `close` if it ever reached a target, else the one event
 * of the request that failed. It leaves admission control when both sockets are closed.
 *
 * @param verify checks logins; null if no login is required
 * @param dueAt when the handshake's time is over, in which the first request must be complete and permitted
 */
export const serveClient = (
  state: SessionState,
  verify: VerifyLogin | null,
  first: FirstRequest,
  dueAt: number,
): void => {
  const { accepted, parts } = state
  const { socket, transport } = accepted
  const { clock, requestServer: server } = parts
  const record = createConnectionRecord(state, first.head.bytes.length + first.rest.length)
  /** Waiting for a head, checking a request, forwarding it; `over`: the client gets no further request served. */
  let phase: 'head' | 'gate' | 'exchange' | 'over' = 'gate'
  let current: ForwardedRequest | null = null
  let exchange: Exchange | null = null
  let isHead = false
  let isDraining = false
  // A race has a limit of its own, `connectTimeout`.
  const timer = createConnectionTimer(state, () =>
    upstream.isRacing() ? clock.now() : record.movedAt(),
  )

  const finishReading = (): void => {
    phase = 'over'
    timer.cancel()
    gate.stop()
    input.stop()
    socket.off('data', onData)
  }

  /** @param status of the answer that eyeballd itself gives */
  const endExchange = (status: number | null): void => {
    const ending = exchange
    exchange = null
    if (!ending || !current) return
    if (upstream.isRacing()) record.raceEnded()
    const sent = ending.status() ?? status
    ending.abort()
    if (ending.isSent()) record.emitRequest(current, sent, input.taken())
  }

  const leave = (reason: PipeReason): void => {
    record.endsBy(reason)
    endExchange(null)
    finishReading()
    socket.destroy()
  }

  const watch = (): void => {
    record.moved()
    timer.watch(reason => {
      record.endsBy(reason)
      if (exchange) exchange.timeOut()
      else leave('idle')
    })
  }

  /** Closes the connection behind the bytes that were written. */
  const closeAfter = (end: () => void): void => {
    finishReading()
    upstream.close()
    // A client that does not read them is bounded, too.
    watch()
    end()
  }

  const answer = ({ answer: bytes, status }: Pick<RequestRefusal, 'answer' | 'status'>): void => {
    endExchange(status)
    closeAfter(() => stream.end(isHead ? withoutBody(bytes) : bytes))
  }

  const reject = (refusal: RequestRefusal): void => {
    if (phase === 'over') return
    // A race that ends by this has its own event.
    if (!upstream.isRacing()) record.emitRejected(refusal)
    answer(refusal)
  }

  const awaitHead = (): void => {
    phase = 'head'
    current = null
    isHead = false
    if (isDraining) return void stream.end()
    timer.set(KEEP_ALIVE_MS, () => {
      record.endsBy('idle')
      stream.end()
    })
    input.nextHead(state.clientEnded)
  }

  const onHead: RequestGate['enter'] = (head, asked) => {
    phase = 'gate'
    isHead = head.method === 'HEAD'
    record.beginRequest()
    gate.enter(head, asked)
  }

  const onPermitted = (request: ForwardedRequest): void => {
    phase = 'exchange'
    current = request
    watch()
    const { head, framing } = request
    input.feed(encodeInnerHead(head, framing), bodyLength(framing))
  }

  const client: ExchangeClient = {
    // A client that does not read gets no more of them.
    write: bytes => void (stream.writableNeedDrain || stream.write(bytes)),
    // Only `node:http` knows where a chunked body ends, so the next head could not be found.
    isLast: () =>
      isDraining || current?.framing.type === 'chunked' || (state.clientEnded && input.isEmpty()),
    done: () => {
      endExchange(null)
      // `node:http` ends the stream behind the last response.
      if (phase !== 'over' && !stream.writableEnded) awaitHead()
    },
    unopened: refusal => {
      record.raceEnded()
      if (refusal) answer(refusal)
      else leave('client-reset')
    },
    refuse: failure => {
      record.endsBy(failure === 'request' ? 'error' : 'target-reset')
      answer(answerExchangeFailure(failure))
    },
    breakOff: isDelimited => {
      record.endsBy('target-reset')
      endExchange(null)
      const reset = (): void => closeClient(socket, transport, 'reset', clock)
      closeAfter(() => (isDelimited ? stream.end() : stream.write(NOTHING, reset)))
    },
  }

  const onRequest = (incoming: Incoming): void => {
    if (phase !== 'exchange' || !current || exchange) return
    exchange = startExchange(current, incoming, { clock, server, upstream, client })
    if (state.clientEnded) input.end()
  }

  const onMalformed = (code: string): void => {
    if (phase === 'over' || socket.destroyed) return
    record.endsBy('error')
    if (exchange && exchange.status() !== null) return client.breakOff(false)
    reject(refuseMalformedBody(code))
  }

  /** After a FIN. Only `node:http` knows whether a chunked body is complete. */
  const onBodyRead = (): void => {
    if (phase === 'exchange' && exchange?.isUploading() !== false) leave('client-reset')
  }

  const onData = (bytes: Uint8Array): void => {
    record.readBytes(bytes.length)
    input.receive(bytes)
  }

  const onEnd = (): void => {
    state.clientEnded = true
    if (phase === 'head') return void stream.end()
    // As in a race of SOCKS: an empty write makes a socket that was reset emit `close`.
    if (transport === 'tcp' && socket.writable) socket.write(NOTHING)
    // A whole request still gets its response.
    if (phase !== 'exchange') return
    input.end()
    watch()
  }

  const onClose = (): void => {
    if (exchange || socket.errored) record.endsBy('client-reset')
    endExchange(null)
    finishReading()
    upstream.close()
    stream.destroy()
    const won = upstream.lastWon()
    // The facts of `close` are those of the race, whatever the client sent after it.
    if (won) ({ user: state.user, target: state.target } = won)
    record.emitEnd(won !== null, gate.gone(record.endsIdle() ? 'timeout' : 'left'))
    leaveServer()
    releaseClient()
  }

  const { hold } = createPlaceHolds(state, () => upstream.requesters())
  const releaseClient = hold()
  const upstream = createUpstream(state, { moved: record.moved, hold })
  const gate = createRequestGate(state, verify, {
    permitted: onPermitted,
    refused: reject,
    stopTimer: timer.cancel,
  })
  const stream = new SocketStream(socket, {
    wanted: () => input.wanted(),
    ended: () => {
      finishReading()
      lingeringClose(socket, NOTHING, clock)
    },
    wrote: record.wroteBytes,
  })
  const input = createClientInput(socket, first, {
    onBegin: () => timer.set(parts.waits.handshakeTimeoutMs, () => leave('idle')),
    onHead,
    onFault: gate.refuseHead,
    onNoHead: () => void stream.end(),
    push: bytes => stream.push(bytes),
    onBodyEnd: () => stream.whenRead(onBodyRead),
  })
  const leaveServer = server.attach(stream, {
    listener: accepted.listener,
    onRequest,
    onMalformed,
    onDrain: () => {
      isDraining = true
      if (phase === 'head' && input.isEmpty()) stream.end()
    },
  })
  record.setLive(() => leave('drain'), upstream)
  socket.on('data', onData).on('end', onEnd).on('close', onClose)
  socket.resume()
  timer.set(Math.max(dueAt - clock.now(), 0), () => leave('idle'))
  onHead(first.head, first.asked)
  if (state.clientEnded) onEnd()
}
