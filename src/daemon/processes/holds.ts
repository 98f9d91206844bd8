import { fail } from '../../core/fail.ts'
import type { ListenAddress } from '../../core/listen-address.ts'
import { formatListenAddress } from '../../core/listen-address.ts'
import { bindFailure } from '../../net/bind-failure.ts'
import type { HeldPort } from '../../net/native/hold-port.ts'
import type { UnixPlace } from '../../net/node/unix-place.ts'
import { tellError } from './told-error.ts'
import type { HoldAnswer, HoldQuestion, ToldError } from './types.ts'

export type HoldParts = {
  /** Holds a TCP port for all who listen by SO_REUSEPORT; throws the system's errors. */
  readonly holdPort: (host: string, port: number) => HeldPort
  /**
   * The real port of a TCP address that can be listened on, for those who listen by a handle that is
   * shared; rejects with the system's errors. What node:cluster cannot bind, a worker cannot ask it for
   * a second time (Node 26).
   */
  readonly probePort: (host: string, port: number) => Promise<number>
  readonly createUnixPlace: (
    path: string,
    options: { readonly mode: number; readonly group: string | number | undefined },
  ) => UnixPlace
}

/** The addresses that workers listen on, as the primary holds them. A worker is a number. */
export type Holds = {
  /** The address with a real port, which is held from now on where that is possible; port 0 stays where none can be had. */
  readonly resolve: (address: ListenAddress, reusePort: boolean) => Promise<ListenAddress>
  /** A worker is told a configuration: it may ask now. */
  readonly begin: (worker: number) => void
  /** It has answered. */
  readonly finish: (worker: number) => void
  /**
   * Where a worker may listen. The answer comes when all who may ask have asked or finished: so
   * everybody has closed what stands in the way of the next one, and everybody gets the same answer.
   */
  readonly ask: (
    worker: number,
    question: HoldQuestion,
    answer: (answer: HoldAnswer) => void,
  ) => void
  /** Gives a UNIX socket its name, once for all. Never rejects. */
  readonly place: (address: ListenAddress) => Promise<ToldError | null>
  readonly release: (worker: number, address: ListenAddress) => void
  /** A worker is gone. The ports that it used stay held, for who comes in its place. */
  readonly forget: (worker: number) => void
  /** Gives back what nobody listens on. */
  readonly prune: () => void
  /** Takes the names of UNIX sockets away: whoever comes now finds nobody. */
  readonly leave: () => void
  /** Gives everything back. */
  readonly close: () => void
}

type Hold = {
  readonly address: ListenAddress
  readonly users: Set<number>
  /** What makes two UNIX sockets the same: mode and group. */
  readonly rights: string
  readonly port: HeldPort | null
  readonly unix: UnixPlace | null
  placing: Promise<ToldError | null> | undefined
}

type Waiting = {
  readonly worker: number
  readonly question: HoldQuestion
  readonly answer: (answer: HoldAnswer) => void
}

const rightsOf = ({ mode, group }: Pick<HoldQuestion, 'mode' | 'group'>): string =>
  `${mode} ${group ?? ''}`

export const createHolds = ({ holdPort, probePort, createUnixPlace }: HoldParts): Holds => {
  const holds = new Map<string, Hold>()
  const asking = new Set<number>()
  let waiting: Waiting[] = []

  const keep = (hold: Omit<Hold, 'users' | 'placing'>): Hold => {
    const kept = { ...hold, users: new Set<number>(), placing: undefined }
    holds.set(formatListenAddress(hold.address), kept)
    return kept
  }

  const drop = (hold: Hold): void => {
    hold.unix?.leave()
    hold.port?.close()
    holds.delete(formatListenAddress(hold.address))
  }

  const make = async (question: HoldQuestion): Promise<Hold> => {
    const { address, reusePort, mode, group } = question
    const rights = rightsOf(question)
    if (address.type === 'unix') {
      const unix = createUnixPlace(address.path, { mode, group: group ?? undefined })
      return keep({ address, rights, port: null, unix })
    }
    const { host } = address
    if (reusePort) {
      const port = holdPort(host, address.port)
      return keep({ address: { ...address, port: port.port }, rights, port, unix: null })
    }
    const port = await probePort(host, address.port)
    return keep({ address: { ...address, port }, rights, port: null, unix: null })
  }

  const find = async (question: HoldQuestion): Promise<Hold> => {
    const { address } = question
    const there = holds.get(formatListenAddress(address))
    if (!there) return make(question)
    if (address.type === 'unix') {
      if (there.rights === rightsOf(question)) return there
      throw fail('EADDRINUSE', 'a listener with other rights is there')
    }
    if (question.reusePort || !there.port) return there
    // A handle that is shared takes the port for itself.
    drop(there)
    return make(question)
  }

  const answerOf = async (question: HoldQuestion): Promise<HoldAnswer | Hold> => {
    try {
      return await find(question)
    } catch (error) {
      return { error: tellError(bindFailure(error, question.address)) }
    }
  }

  /** Answers all who wait, in the order in which they asked. */
  const answerAll = async (): Promise<void> => {
    const now = waiting
    waiting = []
    // One attempt for each address: what fails for one fails for all.
    const answers = new Map<string, HoldAnswer | Hold>()
    for (const { worker, question, answer } of now) {
      const key = formatListenAddress(question.address)
      const found = answers.get(key) ?? (await answerOf(question))
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
        // Who listens there hears why.
        return address
      }
    },
    begin: worker => void asking.add(worker),
    finish: worker => {
      asking.delete(worker)
      answerIfAllWait()
    },
    ask: (worker, question, answer) => {
      waiting.push({ worker, question, answer })
      answerIfAllWait()
    },
    place: async address => {
      const hold = holds.get(formatListenAddress(address))
      const placeNow = async (unix: UnixPlace): Promise<ToldError | null> => {
        try {
          await unix.take()
          return null
        } catch (error) {
          return tellError(bindFailure(error, address))
        }
      }
      if (hold?.unix) hold.placing ??= placeNow(hold.unix)
      return (await hold?.placing) ?? null
    },
    release: (worker, address) => {
      const hold = holds.get(formatListenAddress(address))
      if (!hold?.users.delete(worker)) return
      hold.unix?.leave()
      if (hold.users.size === 0) drop(hold)
    },
    forget: worker => {
      asking.delete(worker)
      waiting = waiting.filter(each => each.worker !== worker)
      for (const hold of holds.values()) {
        // Nobody is left to share the handle of a UNIX socket: the next one is bound anew.
        if (hold.users.delete(worker) && hold.users.size === 0 && hold.unix) drop(hold)
      }
      answerIfAllWait()
    },
    prune: () => {
      for (const hold of holds.values()) if (hold.users.size === 0) drop(hold)
    },
    leave: () => {
      for (const { unix } of holds.values()) unix?.leave()
    },
    close: () => {
      for (const hold of holds.values()) drop(hold)
    },
  }
}
