import type { List } from './list.ts'
import { createList, itemsOf } from './list.ts'
import { createNameTable } from './name-table.ts'

/** Somebody who wants a place. */
export type Turn = {
  /** Whose it is: an address, or the name of whatever else is a client. */
  readonly client: string
  /** Called once, when the place is free: before `enter` returns where it is free at once. */
  readonly run: () => void
  /** Called in place of `run` where too many wait; before `enter` returns for the one that enters. */
  readonly refuse: () => void
}

/** A bounded number of places, shared fairly among clients. */
export type Turns = {
  /**
   * Takes a place, or waits for one.
   *
   * @returns gives the place back, or stops waiting for it. Called again, or after `refuse`, it does nothing
   */
  readonly enter: (turn: Turn) => () => void
  /** Places in use. */
  readonly active: () => number
  /** Turns that wait. */
  readonly waiting: () => number
}

export type TurnsOptions = {
  /** Places, 1 or more. */
  readonly max: number
  /** Turns that may wait, 0 or more, those of all clients together. */
  readonly waitingMax: number
  /**
   * A client may take another place while it holds less than `ratio` times what is free; above 0. So one
   * client gets at most `ratio / (ratio + 1)` of the places, and some are left for a client that comes
   * later, however many came before (dynamic thresholds, Choudhury and Hahne 1998). Default 1.
   */
  readonly ratio?: number
}

/** What `enter` took. While it waits, it is in the list of its client. */
type Place = {
  readonly turn: Turn
  state: 'waiting' | 'running' | 'over'
  before: Place | null
  after: Place | null
  isListed: boolean
}

/** A client that holds a place or waits for one. While it waits, it is in the queue. */
type Client = {
  readonly key: string
  /** Places in use. */
  held: number
  /** In the order in which they came. */
  readonly waiting: List<Place>
  next: Client | null
  before: Client | null
  after: Client | null
  isListed: boolean
}

/**
 * Shares places among clients: a client that floods waits for itself, and not the others for it. Clients
 * that wait are served round robin. Where too many wait, the client with most of them loses its newest.
 */
export const createTurns = ({ max, waitingMax, ratio = 1 }: TurnsOptions): Turns => {
  /** Those that hold a place or wait for one. */
  const clients = createNameTable<Client>()
  /** Those that wait for a place, the next one first. */
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

  /** Gives free places to those that wait. */
  const advance = (): void => {
    for (let client = nextClient(); client; client = nextClient()) {
      const place = client.waiting.first()
      if (!place) return
      stopWaiting(client, place)
      // The next place is another client's, if one waits.
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
