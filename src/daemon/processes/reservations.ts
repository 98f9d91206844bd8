import { fail } from '../../core/fail.ts'
import type { SocketAddress } from '../../core/listen-address.ts'
import { formatListenAddress } from '../../core/listen-address.ts'
import { bindFailure } from '../../net/listen.ts'
import type { ReservedPort } from '../../net/native/bind.ts'
import type { UnixPlace } from '../../net/unix-place.ts'
import type { ListenAnswer, ListenRequest, SerializedError } from './messages.ts'
import { serializeError } from './messages.ts'

type ReservationParts = {
  /** Reserves a TCP port for all processes that listen with SO_REUSEPORT; throws the system's errors. */
  readonly reservePort: (host: string, port: number) => ReservedPort
  /**
   * The real port of a TCP address that can be listened on, for workers that listen on a shared handle;
   * rejects with the system's errors. A worker cannot ask node:cluster a second time for an address that it
   * failed to bind (Node 26).
   */
  readonly probePort: (host: string, port: number) => Promise<number>
  readonly createUnixPlace: (
    path: string,
    options: { readonly mode: number; readonly group: string | number | undefined },
  ) => UnixPlace
}

/** The addresses that workers listen on, reserved by the primary. Workers are identified by numbers. */
export type Reservations = {
  /**
   * Returns the address with a real port, which is reserved from now on where possible. Port 0 stays if no
   * port is available.
   */
  readonly resolve: (address: SocketAddress, reusePort: boolean) => Promise<SocketAddress>
  /** A worker has received a configuration, and may send requests from now on. */
  readonly begin: (worker: number) => void
  /** The worker has answered, and sends no more requests. */
  readonly finish: (worker: number) => void
  /**
   * Answers a worker's request once every other worker that may send one has done so, or has finished. By
   * then all workers have closed the addresses that block it, and all get the same answer.
   */
  readonly request: (
    worker: number,
    request: ListenRequest,
    answer: (answer: ListenAnswer) => void,
  ) => void
  /** Moves a UNIX socket to its final path, once for all workers. Never rejects. */
  readonly place: (address: SocketAddress) => Promise<SerializedError | null>
  readonly release: (worker: number, address: SocketAddress) => void
  /** A worker has ended. The ports that it used stay reserved for its replacement. */
  readonly forget: (worker: number) => void
  /** Releases addresses that no worker listens on. */
  readonly prune: () => void
  /** Removes the paths of UNIX sockets, so that new clients get no connection. */
  readonly leave: () => void
  /** Releases everything. */
  readonly close: () => void
}

type Reservation = {
  readonly address: SocketAddress
  readonly users: Set<number>
  /** Mode and group, which must be equal for two UNIX sockets to be the same. */
  readonly rights: string
  readonly port: ReservedPort | null
  readonly unix: UnixPlace | null
  placing: Promise<SerializedError | null> | undefined
}

type Waiting = {
  readonly worker: number
  readonly request: ListenRequest
  readonly answer: (answer: ListenAnswer) => void
}

const rightsOf = ({ mode, group }: Pick<ListenRequest, 'mode' | 'group'>): string =>
  `${mode} ${group ?? ''}`

export const createReservations = ({
  reservePort,
  probePort,
  createUnixPlace,
}: ReservationParts): Reservations => {
  const all = new Map<string, Reservation>()
  /** The workers that may still send requests. */
  const asking = new Set<number>()
  let waiting: Waiting[] = []

  const keep = (reservation: Omit<Reservation, 'users' | 'placing'>): Reservation => {
    const kept = { ...reservation, users: new Set<number>(), placing: undefined }
    all.set(formatListenAddress(reservation.address), kept)
    return kept
  }

  const drop = (reservation: Reservation): void => {
    reservation.unix?.leave()
    reservation.port?.close()
    all.delete(formatListenAddress(reservation.address))
  }

  const make = async (request: ListenRequest): Promise<Reservation> => {
    const { address, reusePort, mode, group } = request
    const rights = rightsOf(request)
    if (address.type === 'unix') {
      const unix = createUnixPlace(address.path, { mode, group: group ?? undefined })
      return keep({ address, rights, port: null, unix })
    }
    const { host } = address
    if (reusePort) {
      const port = reservePort(host, address.port)
      return keep({ address: { ...address, port: port.port }, rights, port, unix: null })
    }
    const port = await probePort(host, address.port)
    return keep({ address: { ...address, port }, rights, port: null, unix: null })
  }

  const find = async (request: ListenRequest): Promise<Reservation> => {
    const { address } = request
    const there = all.get(formatListenAddress(address))
    if (!there) return make(request)
    if (address.type === 'unix') {
      if (there.rights === rightsOf(request)) return there
      throw fail('EADDRINUSE', 'a listener with other rights is there')
    }
    if (request.reusePort || !there.port) return there
    // A shared handle binds the port itself.
    drop(there)
    return make(request)
  }

  const answerOf = async (request: ListenRequest): Promise<ListenAnswer | Reservation> => {
    try {
      return await find(request)
    } catch (error) {
      return { error: serializeError(bindFailure(error, request.address)) }
    }
  }

  /** Answers all waiting requests in the order in which they were asked. */
  const answerAll = async (): Promise<void> => {
    const now = waiting
    waiting = []
    // One attempt per address: what fails for one worker fails for all.
    const answers = new Map<string, ListenAnswer | Reservation>()
    for (const { worker, request, answer } of now) {
      const key = formatListenAddress(request.address)
      const found = answers.get(key) ?? (await answerOf(request))
      answers.set(key, found)
      if ('users' in found) {
        found.users.add(worker)
        answer({ address: found.address, boundAs: found.unix?.temporary ?? null })
      } else {
        answer(found)
      }
    }
  }

  const answerIfAllWait = (): void => {
    if (waiting.length === 0) return
    const workers = new Set(waiting.map(({ worker }) => worker))
    if ([...asking].every(worker => workers.has(worker))) void answerAll()
  }

  return {
    resolve: async (address, reusePort) => {
      if (address.type === 'unix' || address.port !== 0) return address
      try {
        return (await make({ address, reusePort, mode: 0, group: null })).address
      } catch {
        // The worker that listens there gets the error.
        return address
      }
    },
    begin: worker => void asking.add(worker),
    finish: worker => {
      asking.delete(worker)
      answerIfAllWait()
    },
    request: (worker, request, answer) => {
      waiting.push({ worker, request, answer })
      answerIfAllWait()
    },
    place: async address => {
      const reservation = all.get(formatListenAddress(address))
      const placeNow = async (unix: UnixPlace): Promise<SerializedError | null> => {
        try {
          await unix.take()
          return null
        } catch (error) {
          return serializeError(bindFailure(error, address))
        }
      }
      if (reservation?.unix) reservation.placing ??= placeNow(reservation.unix)
      return (await reservation?.placing) ?? null
    },
    release: (worker, address) => {
      const reservation = all.get(formatListenAddress(address))
      if (!reservation?.users.delete(worker)) return
      reservation.unix?.leave()
      if (reservation.users.size === 0) drop(reservation)
    },
    forget: worker => {
      asking.delete(worker)
      waiting = waiting.filter(each => each.worker !== worker)
      for (const reservation of all.values()) {
        // No worker is left to share the handle of a UNIX socket, so the next worker binds it anew.
        if (reservation.users.delete(worker) && reservation.users.size === 0 && reservation.unix)
          drop(reservation)
      }
      answerIfAllWait()
    },
    prune: () => {
      for (const reservation of all.values()) if (reservation.users.size === 0) drop(reservation)
    },
    leave: () => {
      for (const { unix } of all.values()) unix?.leave()
    },
    close: () => {
      for (const reservation of all.values()) drop(reservation)
    },
  }
}
