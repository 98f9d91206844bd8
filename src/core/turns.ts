import type { List } from './list.ts'
import { createList, itemsOf } from './list.ts'
import { createNameTable } from './name-table.ts'

/** A request for a place. */
export type Turn = {
  /** The client that the place counts for: an address, or another name. */
  readonly client: string
  /** Called once, when a place is free: before `enter` returns if one is free at once. */
  readonly run: () => void
  /** Called instead of `run` if too many requests wait; before `enter` returns if it concerns this very request. */
  readonly refuse: () => void
}

/** A bounded number of places, shared fairly among clients. */
export type Turns = {
  /**
   * Takes a place, or waits for one.
   *
   * @returns releases the place, or cancels the wait. It does nothing after a first call or after `refuse`
   */
  readonly enter: (turn: Turn) => () => void
  /** Places in use. */
  readonly active: () => number
  /** Requests that wait. */
  readonly waiting: () => number
}

export type TurnsOptions = {
  /** The number of places, 1 or more. */
  readonly max: number
  /** The most requests that may wait, 0 or more, over all clients. */
  readonly waitingMax: number
  /**
   * A client may take another place while it holds fewer than `ratio` times the number of free places;
   * above 0. One client thus gets at most `ratio / (ratio + 1)` of the places, and some stay free for later
   * clients (dynamic thresholds, Choudhury and Hahne 1998). Default 1.
   */
  readonly ratio?: number
}

/** A place that `enter` took or waits for. While it waits, it is in its client's list. */
type Place = {
  readonly turn: Turn
  state: 'waiting' | 'running' | 'over'
  before: Place | null
  after: Place | null
  isListed: boolean
}

/** A client that holds or waits for a place. While it waits, it is in the queue. */
type Client = {
  readonly key: string
  /** Places in use. */
  held: number
  /** In order of arrival. */
  readonly waiting: List<Place>
  next: Client | null
  before: Client | null
  after: Client | null
  isListed: boolean
}

/**
 * Shares places among clients, so that a client with many requests delays only itself. Waiting clients are
 * served round robin. If too many requests wait, the client with the most waiting requests loses its
 * newest.
 */
export const createTurns = ({ max, waitingMax, ratio = 1 }: TurnsOptions): Turns => {
  /** Clients that hold or wait for a place. */
  const clients = createNameTable<Client>()
  /** Clients that wait for a place; the first is served next. */
  const queue = createList<Client>()
  let active = 0
  let waiting = 0

  const clientOf = (name: string): Client => {
    const known = clients.get(name)
    if (known) return known
    const client: Client = {
      key: name,
      held: 0,
      waiting: createList(),
      next: null,
      before: null,
      after: null,
      isListed: false,
    }
    clients.add(client)
    return client
  }

  const mayRun = ({ held }: Client): boolean =>
    active < max && (held === 0 || held < ratio * (max - active))

  const forgetIdle = (client: Client): void => {
    if (client.held === 0 && client.waiting.size() === 0) clients.delete(client)
  }

  const start = (client: Client, place: Place): void => {
    active++
    client.held++
    place.state = 'running'
    place.turn.run()
  }

  const stopWaiting = (client: Client, place: Place): void => {
    client.waiting.delete(place)
    waiting--
    if (client.waiting.size() === 0) queue.delete(client)
  }

  const nextClient = (): Client | null => {
    let client = queue.first()
    while (client && !mayRun(client)) client = client.after
    return client
  }

  /** Gives free places to waiting clients. */
  const advance = (): void => {
    for (let client = nextClient(); client; client = nextClient()) {
      const place = client.waiting.first()
      if (!place) return
      stopWaiting(client, place)
      // The client goes to the end of the queue, so the next place goes to another waiting client.
      if (queue.delete(client)) queue.add(client)
      start(client, place)
    }
  }

  const refuseNewest = (): void => {
    let most = queue.first()
    for (const client of itemsOf(queue)) {
      if (most && client.waiting.size() > most.waiting.size()) most = client
    }
    const newest = most?.waiting.last()
    if (!most || !newest) return
    newest.state = 'over'
    stopWaiting(most, newest)
    forgetIdle(most)
    newest.turn.refuse()
  }

  return {
    enter: turn => {
      const client = clientOf(turn.client)
      const place: Place = {
        turn,
        state: 'waiting',
        before: null,
        after: null,
        isListed: false,
      }
      if (client.waiting.size() === 0 && mayRun(client)) {
        start(client, place)
      } else {
        client.waiting.add(place)
        if (!client.isListed) queue.add(client)
        waiting++
        if (waiting > waitingMax) refuseNewest()
      }
      return () => {
        const { state } = place
        if (state === 'over') return
        place.state = 'over'
        if (state === 'waiting') {
          stopWaiting(client, place)
        } else {
          active--
          client.held--
        }
        forgetIdle(client)
        advance()
      }
    },
    active: () => active,
    waiting: () => waiting,
  }
}
