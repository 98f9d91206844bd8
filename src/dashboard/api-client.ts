import type {
  ConnectionsAnswer,
  HistoryAnswer,
  RaceAnswer,
  RaceRequest,
  RacesAnswer,
  StatusAnswer,
} from '../admin/api.ts'

/** What came of a request. `status` is that of HTTP, or 0 if the daemon did not answer. */
export type Answer<Value> =
  | { readonly isOk: true; readonly value: Value }
  | { readonly isOk: false; readonly status: number; readonly message: string }

export type ApiClient = {
  readonly status: (signal: AbortSignal) => Promise<Answer<StatusAnswer>>
  readonly races: (signal: AbortSignal) => Promise<Answer<RacesAnswer>>
  readonly connections: (signal: AbortSignal) => Promise<Answer<ConnectionsAnswer>>
  readonly history: (signal: AbortSignal) => Promise<Answer<HistoryAnswer>>
  readonly race: (target: string) => Promise<Answer<RaceAnswer>>
  /** Opens the stream of races. @param after the id of the newest race that is known; 0: none */
  readonly stream: (
    after: number,
    signal: AbortSignal,
  ) => Promise<Answer<ReadableStream<Uint8Array>>>
}

/** The header that a page of another site cannot send, so that none runs races here. */
const POST_HEADER = 'X-Eyeballd'

/** A request that takes longer than this has failed. */
export const REQUEST_TIMEOUT_MS = 10_000

/** Races that the page begins with: to read many takes the daemon seconds, if it masks fields. */
export const FIRST_RACES_MAX = 500

/** A race ends by `eyeballs.connectTimeout` at the latest, by default 30 s. */
const RACE_TIMEOUT_MS = 300_000

/** The characters that `admin.token` may have. `fetch` throws for some of the others. */
const TOKEN = /^[\x21-\x7e]+$/

const NO_TOKEN = {
  isOk: false,
  status: 401,
  message: 'found a token with other characters; allowed: visible ASCII characters without spaces',
} as const

/** @param readToken gives the token to send; null if there is none */
export const createApiClient = (
  fetchUrl: (url: string, init: RequestInit) => Promise<Response>,
  readToken: () => string | null,
): ApiClient => {
  const ask = async (path: string, init: RequestInit): Promise<Answer<Response>> => {
    const token = readToken()
    if (token !== null && !TOKEN.test(token)) return NO_TOKEN
    const headers = new Headers(init.headers)
    if (token !== null) headers.set('Authorization', `Bearer ${token}`)
    try {
      const response = await fetchUrl(path, { ...init, headers })
      if (response.ok) return { isOk: true, value: response }
      const { status } = response
      return { isOk: false, status, message: messageOf(status, await response.text()) }
    } catch (error) {
      return { isOk: false, status: 0, message: reasonOf(error) }
    }
  }

  const askJson = async <Value>(path: string, init: RequestInit): Promise<Answer<Value>> => {
    const answer = await ask(path, init)
    if (!answer.isOk) return answer
    try {
      return { isOk: true, value: (await answer.value.json()) as Value }
    } catch (error) {
      return { isOk: false, status: 0, message: reasonOf(error) }
    }
  }

  const get =
    <Value>(path: string) =>
    (signal: AbortSignal): Promise<Answer<Value>> =>
      askJson(path, { signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]) })

  return {
    status: get('status'),
    races: get(`races?limit=${FIRST_RACES_MAX}`),
    connections: get('connections'),
    history: get('history'),
    race: target =>
      askJson('race', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', [POST_HEADER]: '1' },
        body: JSON.stringify({ target } satisfies RaceRequest),
        signal: AbortSignal.timeout(RACE_TIMEOUT_MS),
      }),
    stream: async (after, signal) => {
      const headers = { Accept: 'text/event-stream', 'Last-Event-ID': String(after) }
      const answer = await ask('races/stream', { headers, signal })
      if (!answer.isOk) return answer
      const { body } = answer.value
      return body
        ? { isOk: true, value: body }
        : { isOk: false, status: 0, message: 'the stream of races is empty' }
    },
  }
}

/** A longer text is no message for people. */
const MESSAGE_MAX_CHARS = 500

/** The message of an answer that is an error: a line, or JSON with `error.message`. */
const messageOf = (status: number, text: string): string => {
  try {
    const { error } = JSON.parse(text) as { readonly error?: { readonly message?: unknown } }
    if (typeof error?.message === 'string') return error.message
  } catch {
    // It is a line.
  }
  const line = text.trim()
  // A proxy in front answers with a page.
  const isLine = line !== '' && line.length <= MESSAGE_MAX_CHARS && !line.startsWith('<')
  return isLine ? line : `HTTP status ${status}`
}

const reasonOf = (error: unknown): string => {
  const name = error instanceof Error ? error.name : ''
  if (name === 'TimeoutError') return 'the daemon did not answer in time'
  if (error instanceof SyntaxError) return 'the daemon answered with something that is not JSON'
  return 'the daemon does not answer'
}
