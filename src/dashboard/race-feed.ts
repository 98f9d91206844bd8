import type { RaceEntry } from '../admin/api.ts'
import type { Answer, ApiClient } from './api-client.ts'
import { REQUEST_TIMEOUT_MS } from './api-client.ts'
import type { ServerEvent } from './server-events.ts'
import { createServerEvents } from './server-events.ts'
import type { Store } from './store.ts'

export type FeedParts = {
  readonly api: ApiClient
  readonly store: Pick<Store, 'state' | 'dispatch'>
  /** Epoch milliseconds. */
  readonly now: () => number
  /** From 0 up to 1. */
  readonly random: () => number
  /** Ends early when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** Resolves when the user has given a token, or the signal is aborted. */
  readonly nextToken: (signal: AbortSignal) => Promise<void>
  /** Whether anybody sees the tables of connections and history. */
  readonly isWatched: () => boolean
}

/** How a connection with the daemon ended. */
type End = { readonly status: number; readonly message: string }

const POLL_MS = 2000
const BACKOFF_MIN_MS = 500
const BACKOFF_MAX_MS = 15_000

/** HTTP's "no or wrong token". */
const UNAUTHORIZED = 401

/** Whether the connection is lost, and not only one of its answers. */
const isOver = ({ status }: End): boolean => status === 0 || status === UNAUTHORIZED

/** The delay before the next connection: it doubles with each one that failed, and varies by half. */
export const backoffMs = (failures: number, random: number, leastMs = 0): number => {
  const ms = Math.min(BACKOFF_MIN_MS * 2 ** (failures - 1), BACKOFF_MAX_MS)
  return Math.max(leastMs, ms * (0.5 + random / 2))
}

/** The JSON of an event; null if it is none, which no daemon sends. */
const parse = (data: string): unknown => {
  try {
    return JSON.parse(data)
  } catch {
    return null
  }
}

const raceOf = ({ type, data }: ServerEvent): RaceEntry[] => {
  const race = type === 'message' ? (parse(data) as RaceEntry | null) : null
  return typeof race?.id === 'number' ? [race] : []
}

/** How many races the daemon has left out before the next one. */
const skippedOf = ({ type, data }: ServerEvent): number =>
  type === 'skipped' ? ((parse(data) as { readonly races: number } | null)?.races ?? 0) : 0

/** Keeps the store up to date until the signal is aborted: the stream of races, and polls for the rest. */
export const runFeed = async (parts: FeedParts, signal: AbortSignal): Promise<void> => {
  const { api, store, now, random, sleep, nextToken, isWatched } = parts
  let failures = 0
  let retryMs: number | undefined

  const readStatus = async (until: AbortSignal): Promise<Answer<unknown>> => {
    const answer = await api.status(until)
    if (answer.isOk) store.dispatch({ type: 'status', status: answer.value, nowMs: now() })
    return answer
  }

  const readStream = async (body: ReadableStream<Uint8Array>, until: AbortSignal): Promise<End> => {
    const events = createServerEvents()
    const decoder = new TextDecoder()
    const reader = body.getReader()
    const cancel = (): void => void reader.cancel().catch(() => {})
    until.addEventListener('abort', cancel, { once: true })
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return { status: 0, message: 'the daemon ended the stream' }
        const received = events.push(decoder.decode(value, { stream: true }))
        retryMs = events.retryMs() ?? retryMs
        const races = received.flatMap(raceOf)
        const skipped = received.reduce((sum, event) => sum + skippedOf(event), 0)
        if (skipped > 0) store.dispatch({ type: 'skipped', races: skipped })
        if (races.length > 0) store.dispatch({ type: 'races', races })
      }
    } catch {
      return { status: 0, message: 'the stream broke off' }
    } finally {
      until.removeEventListener('abort', cancel)
      cancel()
    }
  }

  /** Asks for all that the stream does not bring; ends at the first failure. */
  const poll = async (until: AbortSignal): Promise<End> => {
    for (;;) {
      if (isWatched()) {
        const connections = await api.connections(until)
        if (connections.isOk) store.dispatch({ type: 'connections', answer: connections.value })
        else if (isOver(connections)) return connections
        const history = await api.history(until)
        if (history.isOk) store.dispatch({ type: 'history', answer: history.value })
        else if (isOver(history)) return history
      }
      await sleep(POLL_MS, until)
      if (until.aborted) return { status: 0, message: 'the page has ended it' }
      const status = await readStatus(until)
      if (!status.isOk) return status
    }
  }

  /** What comes of a stream that the daemon does not begin in time. */
  const late = async (until: AbortSignal): Promise<Answer<never>> => {
    await sleep(REQUEST_TIMEOUT_MS, until)
    return { isOk: false, status: 0, message: 'the daemon did not answer in time' }
  }

  /** One connection with the daemon, until it fails. */
  const connectOnce = async (): Promise<End> => {
    const over = new AbortController()
    const until = AbortSignal.any([signal, over.signal])
    try {
      const status = await readStatus(until)
      if (!status.isOk) return status
      // Later, the stream brings what the page has missed.
      if (store.state().newestId === 0) {
        const known = await api.races(until)
        if (!known.isOk) return known
        store.dispatch({ type: 'races', races: known.value.races.toReversed() })
      }
      const stream = await Promise.race([api.stream(store.state().newestId, until), late(until)])
      if (!stream.isOk) return stream
      failures = 0
      store.dispatch({ type: 'link', link: 'live', reason: null })
      // A daemon that has vanished ends no stream, but answers no poll either.
      return await Promise.race([readStream(stream.value, until), poll(until)])
    } catch {
      return { status: 0, message: 'the daemon answered with something that this page cannot read' }
    } finally {
      over.abort()
    }
  }

  const isEnded = (): boolean => signal.aborted
  while (!isEnded()) {
    const { status, message } = await connectOnce()
    if (isEnded()) return
    if (status === UNAUTHORIZED) {
      store.dispatch({ type: 'link', link: 'token', reason: message })
      await nextToken(signal)
      failures = 0
      store.dispatch({ type: 'link', link: 'connecting', reason: null })
    } else {
      failures++
      store.dispatch({ type: 'link', link: 'reconnecting', reason: message })
      await sleep(backoffMs(failures, random(), retryMs), signal)
    }
  }
}
