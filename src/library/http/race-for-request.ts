import type { ClientRequest } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../../core/clock.ts'

/** How the race for a request ended. */
export type RequestRaceOutcome =
  { readonly ok: true; readonly socket: Socket } | { readonly ok: false; readonly error: Error }

export type RequestRace = {
  /** Never rejects. The socket is the receiver's. */
  readonly outcome: Promise<RequestRaceOutcome>
  /** Ends the race, if it still runs; its outcome is then this error, after every socket is closed. */
  readonly end: (error: Error) => void
}

/**
 * Node tells nobody that a request was ended before it had a socket: `destroy` only takes a note. So it
 * is heard where everything that ends a request comes by: its own call, a signal, a timeout's handler.
 *
 * @returns takes the ear off again
 */
const onDestroy = (request: ClientRequest, run: () => void): (() => void) => {
  const isOwn = Object.hasOwn(request, 'destroy')
  // oxlint-disable-next-line typescript/unbound-method -- it is called on the request
  const { destroy } = request
  const heard = (error?: Error): ClientRequest => {
    destroy.call(request, error)
    run()
    return request
  }
  request.destroy = heard
  return () => {
    // Somebody else may have put theirs over ours; ours then does no harm.
    if (request.destroy !== heard) return
    if (isOwn) request.destroy = destroy
    else Reflect.deleteProperty(request, 'destroy')
  }
}

/**
 * Runs a race for as long as its request lives.
 *
 * @param race begins it
 * @param isIts whether the race is still this request's alone when the request is destroyed
 * @param timeoutMs the request's own limit of silence, 0 for none. Node has a socket emit `timeout`
 *   while it connects; there is none yet, so the request emits it here, once
 */
export const raceForRequest = (
  request: ClientRequest,
  {
    race,
    isIts,
    timeoutMs,
    clock,
  }: {
    readonly race: (signal: AbortSignal) => Promise<Socket>
    readonly isIts: () => boolean
    readonly timeoutMs: number
    readonly clock: Clock
  },
): RequestRace => {
  const ending = new AbortController()
  const end = (error: Error): void => ending.abort(error)
  const release = onDestroy(request, () => {
    // Nobody sees this error: Node tells the request its own.
    if (isIts()) end(new Error('the request was destroyed'))
  })
  const cancelTimeout =
    timeoutMs > 0 ? clock.after(timeoutMs, () => request.emit('timeout')) : undefined
  const settled = (): void => {
    release()
    cancelTimeout?.()
  }
  const outcome = race(ending.signal).then(
    (socket): RequestRaceOutcome => {
      settled()
      return { ok: true, socket }
    },
    (error: unknown): RequestRaceOutcome => {
      settled()
      return { ok: false, error: error as Error }
    },
  )
  return { outcome, end }
}
