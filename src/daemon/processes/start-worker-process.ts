import cluster from 'node:cluster'
import { fileURLToPath } from 'node:url'
import { ignoreErrors } from '../../core/ignore-errors.ts'
import { createLineSplitter } from './line-splitter.ts'
import type { FromWorker, ToWorker } from './types.ts'
import type { StartWorkerProcess } from './worker-process.ts'

const WORKER = fileURLToPath(new URL('./worker-main.js', import.meta.url))

/**
 * Starts a worker process with node:cluster. For sockets on which the worker listens through Node, this
 * process binds the handle and shares it (SCHED_NONE: this process accepts nothing). Its standard output is
 * read; its standard error is this process's.
 */
export const startWorkerProcess: StartWorkerProcess = () => {
  cluster.schedulingPolicy = cluster.SCHED_NONE
  cluster.setupPrimary({
    exec: WORKER,
    args: [],
    // The `advanced` serialization keeps the maps, byte arrays and bigints of a configuration.
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
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
      worker.on('message', (told: FromWorker) => onMessage(told, message))
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
