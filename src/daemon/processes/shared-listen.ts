import type { ListenAddress } from '../../core/listen-address.ts'
import type { Bound } from '../../net/bound.ts'
import type { Listen } from '../../net/node/listen.ts'
import { toldFailure } from './told-error.ts'
import type { HoldAnswer, HoldQuestion, ToldError } from './types.ts'

/** What a worker asks of the primary to listen. Neither promise rejects. */
export type ListenQuestions = {
  readonly hold: (question: HoldQuestion) => Promise<HoldAnswer>
  /** Has a UNIX socket, which is listened on by now, put in its place. */
  readonly place: (address: ListenAddress) => Promise<ToldError | null>
  readonly release: (address: ListenAddress) => void
}

/** Of a UNIX socket, where it was not told otherwise. */
const DEFAULT_MODE = 0o600

/**
 * Listens as one of several processes: the primary holds the address for all of them, or says to all
 * of them why it cannot be had.
 *
 * @param listen this process's own way, which shares an address with others
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
