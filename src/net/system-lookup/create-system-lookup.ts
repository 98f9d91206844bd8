import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ignoreErrors } from '../../core/stream-socket.ts'
import type { Family } from '../../core/ip.ts'

/**
 * Called with the result of getaddrinfo(3).
 *
 * @param code null, or Node's code of the failure (ENOTFOUND, EAI_AGAIN); ECHILD if no helper process lived
 *   long enough to answer
 */
export type OnAddresses = (code: string | null, addresses: readonly string[]) => void

/**
 * Lookups by the C library in a helper process, so that a lookup that hangs blocks nothing in this process.
 */
export type SystemLookup = {
  /** Looks up one family of a name. `done` is called once, never before the call returns. */
  readonly lookup: (name: string, family: Family, done: OnAddresses) => void
  /**
   * Kills the helper process and drops all its lookups, whose `done` is never called. The next lookup
   * starts a new process.
   */
  readonly renew: () => void
  /** Like `renew`, but later lookups fail. */
  readonly close: () => void
  /** The number of lookups that the helper process can run at a time. */
  readonly places: number
}

/** A message to the helper process. */
export type LookupQuestion = {
  readonly id: number
  readonly name: string
  readonly family: Family
}

/** A message from the helper process. */
export type LookupReply = {
  readonly id: number
  readonly code: string | null
  readonly addresses: readonly string[]
}

const MAIN = fileURLToPath(new URL('./lookup-main.js', import.meta.url))

/**
 * Threads of the helper process, unless UV_THREADPOOL_SIZE sets another number; an unused thread costs some
 * 10 kB.
 */
const THREADS = 128

/** libuv's maximum. */
const THREADS_MAX = 1024

const threadsOf = ({ UV_THREADPOOL_SIZE: given = '' }: NodeJS.ProcessEnv): number => {
  const threads = Number(given)
  return given !== '' && Number.isInteger(threads) && threads >= 1
    ? Math.min(threads, THREADS_MAX)
    : THREADS
}

type Asked = {
  readonly name: string
  readonly family: Family
  readonly done: OnAddresses
  /** An earlier helper process ended before it answered; the lookup fails if a second one does. */
  readonly isRepeated: boolean
}

/** The helper process and its open lookups; the id of a lookup is its index in `open`. */
type Helper = {
  readonly child: ChildProcess
  readonly open: (Asked | null)[]
  /** Unused indexes of `open`. */
  readonly free: number[]
}

/** Lets this process exit while the helper process runs. */
const unrefHelper = ({ child }: Helper): void => {
  child.unref()
  child.channel?.unref()
}

/**
 * Looks names up by getaddrinfo(3) in a helper process, which the first lookup starts. The helper keeps
 * this process alive only while lookups are in progress. If it dies, a new one repeats the lookup; a lookup
 * during which two have died fails with ECHILD.
 *
 * @param env environment of the helper process; a UV_THREADPOOL_SIZE in it is kept
 */
export const createSystemLookup = (env: NodeJS.ProcessEnv = process.env): SystemLookup => {
  const threads = threadsOf(env)
  let helper: Helper | undefined
  let closed = false

  const start = (): Helper => {
    const child = fork(MAIN, [], {
      execArgv: [],
      env: { ...env, UV_THREADPOOL_SIZE: String(threads) },
      // The helper writes nothing to stdout; its stderr is inherited, to show its faults.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const open: Helper['open'] = []
    const free: number[] = []
    const started: Helper = { child, open, free }
    const onEnd = (): void => {
      if (helper === started) helper = undefined
      for (const asked of open.splice(0)) {
        if (asked?.isRepeated) asked.done('ECHILD', [])
        else if (asked) ask({ ...asked, isRepeated: true })
      }
    }
    ignoreErrors(child)
    child.once('error', onEnd)
    child.once('exit', onEnd)
    child.on('message', ({ id, code, addresses }: LookupReply) => {
      const asked = open[id]
      // `end` may have removed the lookup while the reply was on its way.
      if (!asked) return
      open[id] = null
      free.push(id)
      if (free.length === open.length) unrefHelper(started)
      asked.done(code, addresses)
    })
    unrefHelper(started)
    return started
  }

  const end = (): void => {
    const ended = helper
    helper = undefined
    ended?.open.splice(0)
    ended?.child.kill('SIGKILL')
  }

  const ask = (asked: Asked): void => {
    const { name, family, done } = asked
    const fail = (): void => void setImmediate(done, 'ECHILD', [])
    if (closed) return fail()
    try {
      helper ??= start()
    } catch {
      return fail()
    }
    const { child, open, free } = helper
    const id = free.pop() ?? open.length
    open[id] = asked
    const question: LookupQuestion = { id, name, family }
    child.ref()
    child.channel?.ref()
    // If the helper has just ended, `onEnd` handles its lookups.
    if (child.connected) child.send(question, () => {})
  }

  return {
    lookup: (name, family, done) => ask({ name, family, done, isRepeated: false }),
    renew: end,
    close: () => {
      closed = true
      end()
    },
    // libuv uses half of its threads, rounded up, for lookups, so that the other half stays free for fast
    // work.
    places: Math.floor((threads + 1) / 2),
  }
}
