import type { ListenAddress } from '../../core/listen-address.ts'
import type { Bound } from '../../net/bound.ts'
import type { Listen } from '../../net/node/listen.ts'
import { toldFailure } from './told-error.ts'
import type { HoldAnswer, HoldQuestion, ToldError } from './types.ts'

/** A worker's requests to the primary for listening. Neither promise rejects. */
export type ListenQuestions = {
  readonly hold: (question: HoldQuestion) => Promise<HoldAnswer>
  /** Asks the primary to move a UNIX socket, which already listens, to its final path. */
  readonly place: (address: ListenAddress) => Promise<ToldError | null>
  readonly release: (address: ListenAddress) => void
}

/** The default mode of a UNIX socket. */
const DEFAULT_MODE = 0o600

/**
 * Listens as one of several processes: the primary reserves the address for all of them, or answers all of
 * them with the same error.
 *
 * @param listen this process's own way to listen, which can share an address with other processes
 */
export const createSharedListen =
  ({ hold, place, release }: ListenQuestions, listen: Listen, reusePort: boolean): Listen =>
  async (address, options) => {
    const { mode = DEFAULT_MODE, group = null } = options
    const answer = await hold({ address, reusePort, mode, group })
    if ('error' in answer) throw toldFailure(answer.error)
    const { address: real, boundAs } = answer
    let bound: Bound | undefined
    try {
      bound = await listen(real, boundAs === null ? options : { ...options, boundAs })
      const error = boundAs === null ? null : await place(real)
      if (error) throw toldFailure(error)
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
