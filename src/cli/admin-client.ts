import type { ClientRequest, IncomingMessage } from 'node:http'
import { request } from 'node:http'
import { codeOf, errorOf, fail, failFrom } from '../core/fail.ts'
import { formatHostPort } from '../core/host-port.ts'
import type { SocketAddress } from '../core/listen-address.ts'
import { formatListenAddress } from '../core/listen-address.ts'
import type { ServerEvent } from '../dashboard/server-events.ts'
import { createServerEvents } from '../dashboard/server-events.ts'

/** Asks the admin endpoint of a running daemon. Errors are one sentence for people, with the address. */
export type AdminClient = {
  /** The address that answered last, as text; the first one before that. */
  readonly where: () => string
  /**
   * @param path with its query
   * @returns the JSON of the answer; rejects with ERR_ADMIN if the daemon does not answer as one does that
   *   has the path, and with the system's error if it cannot be reached
   */
  readonly get: (path: string) => Promise<unknown>
  /**
   * Reads a stream of events until it ends.
   *
   * @param lastId the id of the last event that is known; 0: none
   * @param signal ends it; the promise then resolves
   */
  readonly stream: (
    path: string,
    lastId: number,
    onEvent: (event: ServerEvent) => void,
    signal: AbortSignal,
  ) => Promise<void>
}

/** The longest time without a byte: of an answer, and of the stream, which has a comment every 15 s. */
const ANSWER_LIMIT_MS = 5000
const SILENCE_LIMIT_MS = 40_000

/** The longest time of a whole answer: a daemon closes a connection after 10 s. */
const WHOLE_LIMIT_MS = 15_000

/** The longest answer: 1000 connections, or a long history of races. */
const ANSWER_MAX_BYTES = 64 * 1024 * 1024

const UNAUTHORIZED = 401
const FORBIDDEN = 403
const NOT_FOUND = 404
const OK = 200

/** Why an address cannot be asked, by the code of the error. */
const whyUnreachable = (code: string, where: string): string | undefined => {
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return `no daemon listens at ${where} (${code})`
  if (code === 'EACCES' || code === 'EPERM')
    return `this user may not connect to ${where} (${code}): ask as the daemon's user, or as root`
  if (code === 'ECONNRESET') return `${where} closed the connection without an answer (${code})`
  if (code === 'ETIMEDOUT') return `${where} does not answer (${code})`
  // Node's HTTP parser has a code for each thing that it cannot read.
  if (code.startsWith('HPE_'))
    return `${where} is not the admin endpoint of a daemon: it does not speak HTTP`
  return undefined
}

const unreachable = (error: Error, where: string): Error => {
  const code = codeOf(error)
  if (code === 'ERR_ADMIN') return error
  const why = whyUnreachable(code, where)
  return failFrom(error, why ?? `the daemon at ${where} cannot be asked: ${error.message}`)
}

const wrongStatus = (status: number, path: string, where: string, hasToken: boolean): Error => {
  const name = path.replace(/\?.*$/, '')
  const say = (text: string): Error => fail('ERR_ADMIN', text, { status })
  if (status === UNAUTHORIZED)
    return say(
      hasToken
        ? `the daemon at ${where} refuses the token: compare EYEBALLD_ADMIN_TOKEN, else that of -c FILE, with its admin.token`
        : `the daemon at ${where} wants a token: set EYEBALLD_ADMIN_TOKEN, or name its configuration by -c FILE`,
    )
  if (status === FORBIDDEN)
    return say(
      `the daemon at ${where} is not asked by its own address (403): use the one that it listens on`,
    )
  if (status === NOT_FOUND)
    return say(
      `the daemon at ${where} has no ${name}: it is older than this eyeballd, or none (404)`,
    )
  return say(
    `${where} answers ${status} for ${name}: expected the daemon's admin endpoint (its --admin), not a listener`,
  )
}

const readJson = async (response: IncomingMessage): Promise<unknown> => {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of response as AsyncIterable<Buffer>) {
    pieces.push(piece)
    bytes += piece.length
    if (bytes > ANSWER_MAX_BYTES) throw new Error('the answer is too long')
  }
  return JSON.parse(Buffer.concat(pieces).toString()) as unknown
}

/**
 * @param addresses of one daemon, tried in turn; 1 or more
 * @param wholeLimitMs the longest time of a whole answer
 */
export const createAdminClient = (
  addresses: readonly SocketAddress[],
  token: string | null,
  wholeLimitMs = WHOLE_LIMIT_MS,
): AdminClient => {
  let last = addresses[0] as SocketAddress

  /** Begins a request to one address, and resolves to the head of a good answer. */
  const ask = (
    address: SocketAddress,
    path: string,
    headers: Readonly<Record<string, string>>,
    onRequest: (begun: ClientRequest) => void,
  ): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const where = formatListenAddress(address)
      const place =
        address.type === 'unix'
          ? { socketPath: address.path }
          : { host: address.host, port: address.port }
      const begun = request({
        ...place,
        path,
        agent: false,
        headers: {
          Host: address.type === 'unix' ? 'localhost' : formatHostPort(address),
          ...(token !== null && { Authorization: `Bearer ${token}` }),
          ...headers,
        },
      })
      onRequest(begun)
      begun.on('error', error => reject(unreachable(error, where)))
      begun.once('response', response => {
        response.on('error', () => {})
        if (response.statusCode === OK) return resolve(response)
        begun.destroy()
        reject(wrongStatus(response.statusCode ?? 0, path, where, token !== null))
      })
      begun.setTimeout(ANSWER_LIMIT_MS, () =>
        begun.destroy(fail('ETIMEDOUT', `no answer in ${ANSWER_LIMIT_MS / 1000} s`)),
      )
      begun.end()
    })

  /** Asks the addresses in turn, that of the last answer first, until one can be connected to. */
  const askAny = async (
    ...rest: readonly [string, Readonly<Record<string, string>>, (begun: ClientRequest) => void]
  ) => {
    const turns = [last, ...addresses.filter(address => address !== last)]
    let first: unknown
    for (const address of turns) {
      try {
        const response = await ask(address, ...rest)
        last = address
        return response
      } catch (error) {
        first ??= error
        if (codeOf(error) === 'ERR_ADMIN') throw error
      }
    }
    throw first
  }

  return {
    where: () => formatListenAddress(last),
    get: async path => {
      let begun: ClientRequest | undefined
      let late: Error | undefined
      const timer = setTimeout(() => {
        late = fail('ETIMEDOUT', `it took longer than ${wholeLimitMs / 1000} s`)
        begun?.destroy(late)
      }, wholeLimitMs)
      try {
        const response = await askAny(path, { Accept: 'application/json' }, each => {
          begun = each
        })
        return await readJson(response).catch((error: unknown) => {
          const where = formatListenAddress(last)
          const why = (late ?? errorOf(error)).message
          const text = `the daemon at ${where} gave no whole answer for ${path}: ${why}`
          throw fail('ERR_ADMIN', text, {}, error)
        })
      } finally {
        clearTimeout(timer)
      }
    },
    stream: async (path, lastId, onEvent, signal) => {
      let begun: ClientRequest | undefined
      const stop = (): void => void begun?.destroy()
      signal.addEventListener('abort', stop)
      try {
        const headers = { Accept: 'text/event-stream', 'Last-Event-ID': String(lastId) }
        const response = await askAny(path, headers, each => {
          begun = each
          if (signal.aborted) stop()
        })
        begun?.setTimeout(SILENCE_LIMIT_MS)
        const events = createServerEvents()
        response.setEncoding('utf8')
        for await (const text of response as AsyncIterable<string>) {
          for (const event of events.push(text)) onEvent(event)
        }
      } catch (error) {
        if (signal.aborted) return
        throw codeOf(error) === 'ERR_ADMIN'
          ? error
          : unreachable(error as Error, formatListenAddress(last))
      } finally {
        signal.removeEventListener('abort', stop)
        stop()
      }
    },
  }
}
