import type { SocketAddress } from '../../core/listen-address.ts'
import type { Bound, Listen } from '../../net/listen.ts'
import { UNIX_MODE } from '../../net/unix-place.ts'
import type {
  FromWorker,
  ListenAnswer,
  ListenRequest,
  SerializedError,
  ToWorker,
} from './messages.ts'
import { deserializeError } from './messages.ts'

/** A worker's requests to the primary when it listens. The promises never reject. */
type ListenRequests = {
  readonly reserve: (request: ListenRequest) => Promise<ListenAnswer>
  /** Asks the primary to move a UNIX socket, which already listens, to its final path. */
  readonly place: (address: SocketAddress) => Promise<SerializedError | null>
  readonly release: (address: SocketAddress) => void
}

/** The channel from a worker to the primary. */
export type WorkerChannel = {
  /** Does nothing if the primary has ended. */
  readonly send: (message: FromWorker) => void
  /** Messages that arrived before this call are lost. */
  readonly onMessage: (run: (message: ToWorker) => void) => void
  /** Calls `run` when the primary has ended. */
  readonly onEnd: (run: () => void) => void
}

/** Requests to the primary, matched to their answers by number. */
export type WorkerLink = ListenRequests & {
  /**
   * Reports whether this worker can apply a configuration, and asks whether all can.
   *
   * @param error why it cannot; null if it can
   * @returns true if all processes can apply it
   */
  readonly decide: (error: SerializedError | null) => Promise<boolean>
  /** Handles a message that may be an answer. */
  readonly take: (message: ToWorker) => void
  /** The primary has ended: all requests, pending and future, are answered with an error. */
  readonly end: () => void
}

const PRIMARY_ENDED: SerializedError = {
  code: 'ERR_PROCESS_LOST',
  message: 'the primary process has ended; this worker process drains and ends',
}

export const createWorkerLink = (send: WorkerChannel['send']): WorkerLink => {
  let next = 1
  let isOver = false
  const reserving = new Map<number, (answer: ListenAnswer) => void>()
  const placing = new Map<number, (error: SerializedError | null) => void>()
  let decided: ((commit: boolean) => void) | undefined

  const settleAll = (): void => {
    for (const answer of reserving.values()) answer({ error: PRIMARY_ENDED })
    for (const answer of placing.values()) answer(PRIMARY_ENDED)
    decided?.(false)
  }

  return {
    reserve: request =>
      new Promise(resolve => {
        reserving.set(next, resolve)
        send({ type: 'reserve', id: next++, request })
        if (isOver) settleAll()
      }),
    place: address =>
      new Promise(resolve => {
        placing.set(next, resolve)
        send({ type: 'place', id: next++, address })
        if (isOver) settleAll()
      }),
    release: address => send({ type: 'release', address }),
    decide: error =>
      new Promise(resolve => {
        decided = resolve
        send({ type: 'prepared', error })
        if (isOver) settleAll()
      }),
    end: () => {
      isOver = true
      settleAll()
    },
    take: message => {
      if (message.type === 'reserved') {
        reserving.get(message.id)?.(message.answer)
        reserving.delete(message.id)
      } else if (message.type === 'placed') {
        placing.get(message.id)?.(message.error)
        placing.delete(message.id)
      } else if (message.type === 'decided') decided?.(message.commit)
    },
  }
}

/**
 * Listens as one of several processes: the primary reserves the address for all of them, or answers all of
 * them with the same error.
 *
 * @param listen listens in this process, on an address that other processes may share
 */
export const createSharedListen =
  ({ reserve, place, release }: ListenRequests, listen: Listen, reusePort: boolean): Listen =>
  async (address, options) => {
    // All processes have the descriptor.
    if (address.passed !== undefined) return listen(address, options)
    const { mode = UNIX_MODE, group = null } = options
    const answer = await reserve({ address, reusePort, mode, group })
    if ('error' in answer) throw deserializeError(answer.error)
    const { address: real, boundAs } = answer
    let bound: Bound | undefined
    try {
      bound = await listen(real, boundAs === null ? options : { ...options, boundAs })
      const error = boundAs === null ? null : await place(real)
      if (error) throw deserializeError(error)
    } catch (error) {
      await bound?.close()
      release(real)
      throw error
    }
    const end = async (open: Bound): Promise<void> => {
      await open.close()
      release(real)
    }
    const open = bound
    let closing: Promise<void> | undefined
    return { address: open.address, close: () => (closing ??= end(open)) }
  }
