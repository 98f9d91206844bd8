import cluster from 'node:cluster'
import { fstatSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { StringDecoder } from 'node:string_decoder'
import { ignoreErrors } from '../../core/stream-socket.ts'
import type { FromWorker, ToWorker } from './messages.ts'

/** A worker process, as the primary sees it. */
export type WorkerProcess = {
  readonly pid: number
  /** Does nothing if the process has ended. */
  readonly send: (message: ToWorker) => void
  /** Ends the process at once (SIGKILL). */
  readonly kill: () => void
  /** Registers the listeners; earlier output is not lost. `gone` is called last, and once. */
  readonly listen: (listeners: WorkerListeners) => void
}

export type WorkerListeners = {
  readonly message: (message: FromWorker) => void
  /** A log line of the worker, with its line break. */
  readonly line: (line: string) => void
  /** @param how how the process ended, for people */
  readonly gone: (how: string) => void
}

export type StartWorkerProcess = () => WorkerProcess

const WORKER = fileURLToPath(new URL('./worker-main.js', import.meta.url))

const isOpen = (fd: number): boolean => {
  try {
    fstatSync(fd)
    return true
  } catch {
    return false
  }
}

/** Where LISTEN_FDS is wrong a descriptor may be closed, for which spawn would fail. No listener can use it. */
const onlyOpen = (fds: readonly number[]): readonly (number | 'ignore')[] => {
  const kept = fds.map(fd => (isOpen(fd) ? fd : 'ignore'))
  return kept.slice(0, kept.findLastIndex(each => each !== 'ignore') + 1)
}

/**
 * Starts a worker process with node:cluster. For sockets on which the worker listens through Node, this
 * process binds the handle and shares it (SCHED_NONE: this process accepts nothing). Its standard output is
 * read; its standard error is this process's.
 *
 * @param passed descriptors from 3 on, without a gap, which the worker gets under the same numbers if they are open
 */
export const startWorkerProcess = (passed: readonly number[] = []): WorkerProcess => {
  cluster.schedulingPolicy = cluster.SCHED_NONE
  cluster.setupPrimary({
    exec: WORKER,
    args: [],
    // The `advanced` serialization keeps the maps, byte arrays and bigints of a configuration.
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'inherit', ...onlyOpen(passed), 'ipc'],
  })
  const worker = cluster.fork()
  const child = worker.process
  /** Messages to send once the worker listens for them: node:cluster drops earlier ones. */
  let early: ToWorker[] | null = []
  const send = (message: ToWorker): void => {
    // `gone` reports a worker that has ended.
    if (child.connected) worker.send(message, () => {})
  }
  const onMessage = (message: FromWorker, listener: (message: FromWorker) => void): void => {
    if (message.type === 'ready') {
      for (const each of early ?? []) send(each)
      early = null
    } else listener(message)
  }
  return {
    pid: child.pid ?? 0,
    send: message => {
      if (early) early.push(message)
      else send(message)
    },
    kill: () => void child.kill('SIGKILL'),
    listen: ({ message, line, gone }) => {
      const lines = createLineSplitter(line)
      worker.on('message', (sent: FromWorker) => onMessage(sent, message))
      ignoreErrors(worker)
      child.stdout?.on('data', (bytes: Buffer) => lines.take(bytes))
      // A process that could not start emits `error` and no `close`.
      child.once('error', error => {
        if (child.pid === undefined) gone(error.message)
      })
      // `close` comes after all output has been read; `exit` may come before.
      child.once('close', (code, signal) => {
        lines.end()
        gone(signal ?? `exit status ${code}`)
      })
    },
  }
}

/**
 * Splits a process's output into lines, which keep their line breaks. `end` emits an unfinished last line,
 * which a process leaves when it dies.
 */
export const createLineSplitter = (
  onLine: (line: string) => void,
): { readonly take: (bytes: Buffer) => void; readonly end: () => void } => {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  return {
    take: bytes => {
      const text = rest + decoder.write(bytes)
      let from = 0
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
        onLine(text.slice(from, end + 1))
        from = end + 1
      }
      rest = text.slice(from)
    },
    end: () => {
      if (rest !== '') onLine(`${rest}\n`)
      rest = ''
    },
  }
}
