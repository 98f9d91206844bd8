import cluster from 'node:cluster'
import { fileURLToPath } from 'node:url'
import { ignoreErrors } from '../../core/ignore-errors.ts'
import { createLineSplitter } from './line-splitter.ts'
import type { FromWorker, ToWorker } from './types.ts'
import type { StartWorkerProcess } from './worker-process.ts'

const WORKER = fileURLToPath(new URL('./worker-main.js', import.meta.url))

/**
 * Starts a worker as a process of its own, by node:cluster: what the worker listens on by Node is bound
 * by this process then, and shared (SCHED_NONE: this one accepts nothing). Its standard output is read;
 * what it writes to standard error goes to this process's.
 */
export const startWorkerProcess: StartWorkerProcess = () => {
  cluster.schedulingPolicy = cluster.SCHED_NONE
  cluster.setupPrimary({
    exec: WORKER,
    args: [],
    // Maps, bytes and big numbers of a configuration arrive as they are.
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const worker = cluster.fork()
  const child = worker.process
  /** What is to be said once the worker hears: node:cluster throws away what comes before. */
  let early: ToWorker[] | null = []
  const send = (message: ToWorker): void => {
    // Whoever is gone is told of by `gone`.
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
      // Where it could not start at all there is no end, but an error.
      child.once('error', error => {
        if (child.pid === undefined) gone(error.message)
      })
      // Not `exit`: all that it wrote has been read.
      child.once('close', (code, signal) => {
        lines.end()
        gone(signal ?? `exit status ${code}`)
      })
    },
  }
}
