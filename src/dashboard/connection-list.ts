import type { ConnectionEntry } from '../admin/api.ts'

/** What the table of connections is sorted by; the largest or oldest stands first. */
export type ConnectionOrder = 'age' | 'up' | 'down'

const COMPARE: Readonly<
  Record<ConnectionOrder, (a: ConnectionEntry, b: ConnectionEntry) => number>
> = {
  age: (a, b) => a.acceptedAt - b.acceptedAt,
  up: (a, b) => (b.bytesUp ?? 0) - (a.bytesUp ?? 0),
  down: (a, b) => (b.bytesDown ?? 0) - (a.bytesDown ?? 0),
}

export type ConnectionPage = {
  readonly shown: readonly ConnectionEntry[]
  readonly matching: number
  /** From 0; the last one if there are fewer than asked for. */
  readonly page: number
  readonly pages: number
}

/** One page of the connections that have a text in their target, address, client or user. */
export const connectionPage = (
  connections: readonly ConnectionEntry[],
  order: ConnectionOrder,
  text: string,
  page: number,
  pageSize: number,
): ConnectionPage => {
  const part = text.trim().toLowerCase()
  const found = connections.filter(({ target, address, client, user, listener }) =>
    [target, address, client, user, listener].some(each => each?.toLowerCase().includes(part)),
  )
  const pages = Math.max(1, Math.ceil(found.length / pageSize))
  const real = Math.min(page, pages - 1)
  return {
    shown: found.toSorted(COMPARE[order]).slice(real * pageSize, (real + 1) * pageSize),
    matching: found.length,
    page: real,
    pages,
  }
}
