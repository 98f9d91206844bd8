import { fail } from '../../core/fail.ts'
import type { ListenAddress } from '../../core/listen-address.ts'
import { formatListenAddress } from '../../core/listen-address.ts'
import { bindFailure } from '../../net/bind-failure.ts'
import type { HeldPort } from '../../net/native/hold-port.ts'
import type { UnixPlace } from '../../net/node/unix-place.ts'
import { tellError } from './told-error.ts'
import type { HoldAnswer, HoldQuestion, ToldError } from './types.ts'

export type HoldParts = {
  /** Reserves a TCP port for all processes that listen with SO_REUSEPORT; throws the system's errors. */
  readonly holdPort: (host: string, port: number) => HeldPort
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

/** The addresses that workers listen on, reserved by the primary. A number identifies a worker. */
export type Holds = {
  /**
   * Returns the address with a real port, which is reserved from now on where possible. Port 0 stays if no
   * port is available.
   */
  readonly resolve: (address: ListenAddress, reusePort: boolean) => Promise<ListenAddress>
  /** A worker has received a configuration: it may ask from now on. */
  readonly begin: (worker: number) => void
  /** The worker has answered. */
  readonly finish: (worker: number) => void
  /**
   * Answers where a worker may listen, once every worker that may ask has asked or finished. By then all
   * workers have closed what blocks the next address, and all get the same answer.
   */
  readonly ask: (
    worker: number,
    question: HoldQuestion,
    answer: (answer: HoldAnswer) => void,
  ) => void
  /** Moves a UNIX socket to its final path, once for all workers. Never rejects. */
  readonly place: (address: ListenAddress) => Promise<ToldError | null>
  readonly release: (worker: number, address: ListenAddress) => void
  /** A worker has ended. The ports that it used stay reserved for its replacement. */
  readonly forget: (worker: number) => void
  /** Releases addresses that no worker listens on. */
  readonly prune: () => void
  /** Removes the paths of UNIX sockets, so that new clients get no connection. */
  readonly leave: () => void
  /** Releases everything. */
  readonly close: () => void
}

type Hold = {
  readonly address: ListenAddress
  readonly users: Set<number>
  /** Mode and group, which must be equal for two UNIX sockets to be the same. */
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
    // A shared handle binds the port itself.
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

  /** Answers all waiting questions in the order in which they were asked. */
  const answerAll = async (): Promise<void> => {
    const now = waiting
    waiting = []
    // One attempt per address: what fails for one worker fails for all.
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
        // The worker that listens there gets the error.
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
        // No worker is left to share the handle of a UNIX socket, so the next worker binds it anew.
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
