import { Resolver } from 'node:dns'
import type { RecordWithTtl } from 'node:dns'
import type { RecordType } from '../core/family.ts'
import { toAnswer } from './ares-answer.ts'
import type { Answer } from './types.ts'

/**
 * Asks one server one question. `settle` is called once, never before the call returns, unless the
 * question is cancelled first: then it is never called.
 *
 * @returns cancels the question
 */
export type AskServer = (
  server: string,
  name: string,
  record: RecordType,
  settle: (answer: Answer) => void,
) => () => void

/**
 * The longest that c-ares waits for one answer, whatever it is told. Whoever asks has a timer of
 * their own and cancels.
 */
export const ARES_TIMEOUT_MS = 5000

/**
 * How many sockets questions hold at once, those by TCP apart. However many names are asked for, and
 * however many of them are dead, DNS takes no more of the process's descriptors.
 */
export const CHANNELS_MAX = 16

/** One c-ares channel, to one server: it has one UDP socket while a question is open, and none else. */
type Channel = {
  readonly server: string
  readonly resolver: Resolver
  readonly questions: Set<object>
  answers: number
}

/**
 * Asks by c-ares, which goes on by TCP where the answer was truncated.
 *
 * Every question has a channel and so a source port of its own, up to `max`; that costs 40
 * microseconds. A channel that lives on is not as good: after three answers c-ares waits for the
 * fourth only some multiple of the time that those took, so that behind fast answers from a server's
 * cache one that takes a second is given up. Beyond `max` a question shares the channel that has had
 * the fewest answers, and the fewest questions of those.
 */
export const createAskServer = (max = CHANNELS_MAX): AskServer => {
  const channels = new Set<Channel>()

  const channelTo = (server: string): Channel => {
    if (channels.size >= max) {
      const shared = [...channels]
        .filter(channel => channel.server === server)
        .reduce<Channel | undefined>(
          (best, each) =>
            !best ||
            each.answers < best.answers ||
            (each.answers === best.answers && each.questions.size < best.questions.size)
              ? each
              : best,
          undefined,
        )
      if (shared) return shared
    }
    const resolver = new Resolver({ timeout: ARES_TIMEOUT_MS, tries: 1 })
    resolver.setServers([server])
    const channel = { server, resolver, questions: new Set<object>(), answers: 0 }
    channels.add(channel)
    return channel
  }

  return (server, name, record, settle) => {
    const question = {}
    let channel: Channel
    try {
      channel = channelTo(server)
    } catch {
      // c-ares could not begin, as without a free descriptor. The server was not reached.
      const immediate = setImmediate(settle, { ok: false, code: 'ECONNREFUSED', source: 'dns' })
      return () => clearImmediate(immediate)
    }
    /** False where the question has ended before. */
    const leave = (): boolean => {
      if (!channel.questions.delete(question)) return false
      if (channel.questions.size === 0) channels.delete(channel)
      return true
    }
    const done = (error: NodeJS.ErrnoException | null, records: RecordWithTtl[]): void => {
      channel.answers++
      if (leave()) settle(toAnswer(error, records))
    }
    channel.questions.add(question)
    if (record === 'AAAA') channel.resolver.resolve6(name, { ttl: true }, done)
    else channel.resolver.resolve4(name, { ttl: true }, done)
    return () => {
      // Where others share the channel, c-ares drops the question when its own time is over.
      if (leave() && channel.questions.size === 0) channel.resolver.cancel()
    }
  }
}
