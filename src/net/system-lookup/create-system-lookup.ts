import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Family } from '../../core/family.ts'
import { ignoreErrors } from '../../core/ignore-errors.ts'
import type { LookupQuestion, LookupReply, OnAddresses, SystemLookup } from './types.ts'

/** Sources that are run as they are have a process that is too, with the flags that run this one. */
const IS_SOURCE = import.meta.url.endsWith('.ts')
const MAIN = fileURLToPath(
  new URL(IS_SOURCE ? './lookup-main.ts' : './lookup-main.js', import.meta.url),
)

/** Threads of the process unless UV_THREADPOOL_SIZE says more or less; each costs some 10 kB until it is used. */
const THREADS = 128

/** libuv's own bounds. */
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
  /** Another process has ended before it answered: after a second one it has failed. */
  readonly isRepeated: boolean
}

/** The process, and what it was asked: the id of a question is its place. */
type Helper = {
  readonly child: ChildProcess
  readonly open: (Asked | null)[]
  /** Places in `open` that nobody has. */
  readonly free: number[]
}

/** Does not wait for it any more: this process may end before it. */
const letGo = ({ child }: Helper): void => {
  child.unref()
  child.channel?.unref()
}

/**
 * Looks names up by getaddrinfo(3) in a process that is started with the first lookup. It does not keep
 * this process alive but for lookups that are under way. Where it dies, another one is asked; a lookup
 * during which two have died fails with ECHILD.
 *
 * @param env of the process; UV_THREADPOOL_SIZE in it is left as it is
 */
export const createSystemLookup = (env: NodeJS.ProcessEnv = process.env): SystemLookup => {
  const threads = threadsOf(env)
  let helper: Helper | undefined
  let closed = false

  const start = (): Helper => {
    const child = fork(MAIN, [], {
      execArgv: IS_SOURCE ? process.execArgv : [],
      env: { ...env, UV_THREADPOOL_SIZE: String(threads) },
      // Nothing is written there; what a fault of it says is worth reading.
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
      // It may have been ended while the reply was on its way.
      if (!asked) return
      open[id] = null
      free.push(id)
      if (free.length === open.length) letGo(started)
      asked.done(code, addresses)
    })
    letGo(started)
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
    // Where it has just ended, its end says so.
    if (child.connected) child.send(question, () => {})
  }

  return {
    lookup: (name, family, done) => ask({ name, family, done, isRepeated: false }),
    renew: end,
    close: () => {
      closed = true
      end()
    },
    // libuv gives half of its threads, rounded up, to lookups: the other half stays free for quick work.
    places: Math.floor((threads + 1) / 2),
  }
}
