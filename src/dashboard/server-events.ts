/** One event of a stream of server-sent events. */
export type ServerEvent = {
  /** `message` unless the server names another type. */
  readonly type: string
  readonly data: string
  /** The last id so far; empty if there was none. */
  readonly lastId: string
}

export type ServerEvents = {
  /** @returns the events that these characters complete */
  readonly push: (text: string) => ServerEvent[]
  /** Milliseconds to wait before a new connection, as the server asked; undefined if it did not. */
  readonly retryMs: () => number | undefined
}

/** Longest event that is kept, in characters. A longer one is dropped, so that no server fills the memory. */
export const EVENT_MAX_CHARS = 4_000_000

/** Decodes a stream of server-sent events (HTML Living Standard, section 9.2.6), given in any pieces. */
export const createServerEvents = (): ServerEvents => {
  let rest = ''
  let isFirst = true
  let type = ''
  let data: string[] = []
  let chars = 0
  let lastId = ''
  let retryMs: number | undefined
  let isTooLong = false

  const field = (name: string, value: string): void => {
    if (name === 'event') type = value
    else if (name === 'data') data.push(value)
    else if (name === 'id' && !value.includes('\0')) lastId = value
    else if (name === 'retry' && /^\d+$/.test(value)) retryMs = Number(value)
  }

  const end = (): ServerEvent | undefined => {
    const event =
      data.length > 0 && !isTooLong
        ? { type: type === '' ? 'message' : type, data: data.join('\n'), lastId }
        : undefined
    type = ''
    data = []
    chars = 0
    isTooLong = false
    return event
  }

  const line = (text: string): ServerEvent | undefined => {
    if (text === '') return end()
    chars += text.length
    if (chars > EVENT_MAX_CHARS) {
      isTooLong = true
      data = []
      return undefined
    }
    const colon = text.indexOf(':')
    // A line that begins with a colon is a comment.
    if (colon === -1) field(text, '')
    else if (colon > 0) field(text.slice(0, colon), text.slice(colon + 1).replace(/^ /, ''))
    return undefined
  }

  return {
    push: text => {
      rest += isFirst ? text.replace(/^\uFEFF/, '') : text
      if (text !== '') isFirst = false
      const events: ServerEvent[] = []
      let from = 0
      for (const { index, 0: lineEnd } of rest.matchAll(/\r\n|\n|\r/g)) {
        // A CR at the end may be the first half of CR LF.
        if (lineEnd === '\r' && index + 1 === rest.length) break
        const event = line(rest.slice(from, index))
        if (event) events.push(event)
        from = index + lineEnd.length
      }
      rest = rest.slice(from)
      if (chars + rest.length > EVENT_MAX_CHARS) {
        // The rest of this line is read as a comment.
        isTooLong = true
        data = []
        rest = ':'
      }
      return events
    },
    retryMs: () => retryMs,
  }
}
