import type { ClientRequest } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import { fail } from '../../core/fail.ts'

/** The result of the race for a request. */
export type RequestRaceOutcome =
  { readonly ok: true; readonly socket: Socket } | { readonly ok: false; readonly error: Error }

export type RequestRace = {
  /** Never rejects. The receiver owns the socket. */
  readonly outcome: Promise<RequestRaceOutcome>
  /** Ends the race if it is still running; its outcome is then this error, once every socket is closed. */
  readonly end: (error: Error) => void
}

/**
 * Node emits no event when a request is ended before it has a socket: `destroy` only sets a flag. This
 * function therefore wraps `destroy`, which every cause calls: the caller, a signal, a timeout handler.
 *
 * @returns removes the wrapper
 */
const onDestroy = (request: ClientRequest, run: () => void): (() => void) => {
  const isOwn = Object.hasOwn(request, 'destroy')
  // oxlint-disable-next-line typescript/unbound-method -- it is called on the request
  const { destroy } = request
  const destroyAndRun = (error?: Error): ClientRequest => {
    destroy.call(request, error)
    run()
    return request
  }
  request.destroy = destroyAndRun
  return () => {
    // Someone else may have wrapped `destroy` again; the wrapper then stays and does no harm.
    if (request.destroy !== destroyAndRun) return
    if (isOwn) request.destroy = destroy
    else Reflect.deleteProperty(request, 'destroy')
  }
}

/**
 * Runs a race for as long as its request exists.
 *
 * @param race starts the race
 * @param isIts whether the race still belongs to this request alone when the request is destroyed
 * @param timeoutMs the request's own idle timeout, 0 for none. Node makes a connecting socket emit
 *   `timeout`; there is no socket yet, so the request emits it here, once
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
    // This error is not visible: Node gives the request an error of its own.
    if (isIts()) end(fail('ECONNABORTED', 'the request was destroyed before it had a connection'))
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
