import type { ClientRequest, IncomingMessage } from 'node:http'
import type { CancelTimer, Clock } from '../../../core/clock.ts'
import type { HostPort } from '../../../core/host-port.ts'
import type { RequestHead } from '../../../wire/http/wire.ts'
import { fieldValues } from '../../../wire/http/wire.ts'
import type { BodyFraming } from './body-framing.ts'
import { tokensOf } from './body-framing.ts'
import type { Exchange, ExchangeClient, ExchangeFailure } from './exchange-types.ts'
import { forwardBody } from './forward-body.ts'
import { requestFields, responseFields, trailerFields } from './forwarded-fields.ts'
import { encodeInterim } from './interim-response.ts'
import type { Incoming, RequestServer } from './request-server.ts'
import type { TargetStream } from './socket-stream.ts'
import type { Opened, Upstream } from './upstream.ts'

/** A request to forward, as it was decoded and permitted. */
export type ForwardedRequest = {
  readonly head: RequestHead
  readonly target: HostPort
  /** Path and query, or `*`. */
  readonly path: string
  readonly framing: BodyFraming
}

/**
 * How long a request's head waits for the first bytes of its body, from the connection on. A body that begins
 * with a malformed chunk then reaches no target.
 */
export const HEAD_DELAY_MS = 100

/** Maximum number of interim responses to one request. */
export const INTERIM_MAX = 32

/** RFC 9110 section 15.2.2. */
const SWITCHING_PROTOCOLS = 101

/** Maximum size of a response head; some sites have large cookies and policies. */
const RESPONSE_HEAD_MAX_BYTES = 64 * 1024

/** RFC 9110 section 9.2.2. */
const IDEMPOTENT: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PUT',
  'DELETE',
])

/**
 * Forwards one request: opens the connection to its target, sends it, and passes the response on. `node:http`
 * reads and writes both messages, so bodies stream with backpressure, and no code of eyeballd reads one.
 */
export const startExchange = (
  { head, target, path, framing }: ForwardedRequest,
  { request, response, stream: clientStream }: Incoming,
  {
    clock,
    server,
    upstream,
    client,
  }: {
    readonly clock: Clock
    readonly server: Pick<RequestServer, 'send'>
    readonly upstream: Upstream
    readonly client: ExchangeClient
  },
): Exchange => {
  const hasBody = framing.type === 'chunked' || (framing.type === 'length' && framing.length > 0)
  const awaitsContinue = fieldValues(head, 'Expect').length > 0
  let isOver = false
  let hasRetried = false
  let interims = 0
  /** Whether the response has a length. */
  let isSized = false
  let outgoing: ClientRequest | null = null
  let answer: IncomingMessage | null = null
  let cancelDelay: CancelTimer = () => {}
  /** Of the bodies. */
  const stops: (() => void)[] = []

  /** @returns false if it was over before */
  const end = (): boolean => {
    if (isOver) return false
    isOver = true
    cancelDelay()
    return true
  }

  const detach = (): void => {
    for (const stop of stops.splice(0)) stop()
    upstream.close()
  }

  const fail = (failure: ExchangeFailure): void => {
    if (!end()) return
    detach()
    if (!response.headersSent) return client.refuse(failure)
    client.breakOff(response.chunkedEncoding || isSized)
  }

  /** Whether the client owes a part of its body, and the target would take it. */
  const isStalled = (): boolean =>
    !request.complete && outgoing?.writableNeedDrain === false && (!awaitsContinue || interims > 0)

  const onResponse = (incoming: IncomingMessage, source: TargetStream): void => {
    if (isOver) return
    answer = incoming
    source.response = incoming
    const { statusCode: status = 0, statusMessage, rawHeaders, httpVersion } = incoming
    // The field Upgrade is not forwarded, so a target must not switch protocols.
    if (status === SWITCHING_PROTOCOLS) return fail('protocol')
    const codings = tokensOf([incoming.headers['transfer-encoding'] ?? ''])
    if (codings.some(coding => coding !== 'chunked')) return fail('protocol')
    const fields = responseFields(rawHeaders, status, httpVersion)
    isSized = incoming.headers['content-length'] !== undefined
    if (client.isLast() || !request.complete) fields.push('Connection', 'close')
    incoming.once('end', () => {
      if (!incoming.complete) return fail('terminated')
      try {
        response.addTrailers(trailerFields(incoming.rawTrailers))
      } catch {
        return fail('protocol')
      }
      response.end()
    })
    incoming.once('error', () => fail('terminated'))
    // After the bytes that came with the head: if they are a malformed body, there is no response.
    setImmediate(() => {
      if (isOver) return
      try {
        response.writeHead(status, statusMessage, fields)
      } catch {
        return fail('protocol')
      }
      stops.push(forwardBody(incoming, response, source))
      // The head goes out with the first bytes of the body, or by itself if they take longer.
      setImmediate(() => {
        if (!isOver && !response.writableEnded) response.flushHeaders()
      })
    })
  }

  const send = ({ stream, key, isReused }: Extract<Opened, { ok: true }>): void => {
    let sent: ClientRequest
    try {
      sent = server.send(stream, key, {
        method: head.method,
        path,
        fields: requestFields(head, target, framing.type),
        maxHeaderSize: RESPONSE_HEAD_MAX_BYTES,
      })
    } catch {
      return fail('request')
    }
    outgoing = sent
    // Node drops the fields above a number without a word; their size is limited.
    sent.maxHeadersCount = 0
    sent.on('information', ({ statusCode, statusMessage, rawHeaders, httpVersion }) => {
      if (isOver || answer) return
      if (++interims > INTERIM_MAX) return fail('protocol')
      // HTTP/1.0 has no interim responses (RFC 9110 section 15.2).
      if (head.version === '1.0') return
      const fields = responseFields(rawHeaders, statusCode, httpVersion)
      client.write(encodeInterim(statusCode, statusMessage, fields))
    })
    sent.once('response', incoming => onResponse(incoming, stream))
    sent.once('upgrade', () => fail('protocol'))
    let hasFailed = false
    // The last resort: Node may close a connection without another event.
    sent.once('close', () => {
      if (!hasFailed && !answer) fail('terminated')
    })
    sent.on('error', (error: NodeJS.ErrnoException) => {
      hasFailed = true
      if (isOver || answer?.complete === true) return
      const mayRetry = isReused && !hasRetried && stream.received === 0 && interims === 0
      if (mayRetry && !answer && !hasBody && IDEMPOTENT.has(head.method)) {
        hasRetried = true
        return upstream.open(target, onOpened)
      }
      fail(error.code?.startsWith('HPE_') === true ? 'protocol' : 'terminated')
    })
    if (!hasBody) return void sent.end()
    request.once('end', () => {
      if (isOver) return
      cancelDelay()
      if (framing.type === 'chunked') sent.addTrailers(trailerFields(request.rawTrailers))
      sent.end()
    })
    // A body with a length cannot begin malformed, and its client may be waiting for `100 Continue`.
    if (awaitsContinue && framing.type === 'length') sent.flushHeaders()
    else cancelDelay = clock.after(HEAD_DELAY_MS, () => sent.flushHeaders())
    stops.push(forwardBody(request, sent, clientStream))
  }

  const onOpened = (opened: Opened): void => {
    if (isOver) {
      if (opened.ok) upstream.close()
      return
    }
    if (opened.ok) return send(opened)
    end()
    client.unopened(opened.answer)
  }

  // An error of the client's connection or body is handled there.
  request.on('error', () => {})
  response.on('error', () => {})
  response.once('finish', () => {
    if (!end()) return
    // The rest of the body has no reader any more.
    if (!request.complete) detach()
    client.done()
  })
  // Until its target is there, a body is read no further than its first bytes.
  if (hasBody) clientStream.hold()
  else request.resume()
  // After the bytes that came with the head: if they are a malformed body, no race begins.
  process.nextTick(() => {
    if (!isOver) upstream.open(target, onOpened)
  })

  return {
    isSent: () => outgoing !== null,
    status: () => (response.headersSent ? response.statusCode : null),
    isUploading: () => !request.complete,
    timeOut: () => fail(isStalled() ? 'stalled' : 'timeout'),
    abort: () => {
      if (end()) detach()
    },
  }
}
