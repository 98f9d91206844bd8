import type { ServerResponse } from 'node:http'
import type { Clock } from '../core/clock.ts'
import type { AdminAnswer } from './routes.ts'

/** How long a client may take nothing of its answer. */
export const STALL_MS = 10_000

/** The headers of every answer. */
const HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  Connection: 'close',
}

/** Resolves when the client has taken what was written, or has left. One that takes too long is closed. */
const taken = (response: ServerResponse, clock: Clock): Promise<void> =>
  new Promise(resolve => {
    if (response.destroyed) return resolve()
    const cancel = clock.after(STALL_MS, () => response.destroy())
    const done = (): void => {
      cancel()
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.on('drain', done).on('close', done)
  })

/** Writes the head of an answer, and its body unless the request was a HEAD. */
export const sendAnswer = async (
  response: ServerResponse,
  answer: AdminAnswer,
  isHead: boolean,
  clock: Clock,
): Promise<void> => {
  const { status, type = 'text/plain; charset=utf-8', headers } = answer
  const head = { ...HEADERS, 'Content-Type': type, ...headers }
  if (!('pieces' in answer)) {
    const body = 'text' in answer ? `${answer.text}\n` : answer.bytes
    response.writeHead(status, { ...head, 'Content-Length': Buffer.byteLength(body) })
    response.end(body)
    return
  }
  response.writeHead(status, head)
  if (isHead) {
    response.end()
    return
  }
  // Without a first byte the client would not know that it is connected.
  response.flushHeaders()
  for await (const piece of answer.pieces) {
    if (response.destroyed) return
    if (!response.write(piece)) await taken(response, clock)
  }
  response.end()
}
