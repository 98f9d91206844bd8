import cluster from 'node:cluster'
import type { ToWorker } from './messages.ts'

// A terminal, or a supervisor that signals the process group, signals all processes. The primary gets the
// signal too and decides, so workers ignore it.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})

// If the primary dies, Node would end this process, but it has to drain first.
if (cluster.worker) cluster.worker.exitedAfterDisconnect = true

const { runWorker } = await import('./run-worker.ts')

process.exitCode = await runWorker(
  {
    send: message => void (process.connected && process.send?.(message, undefined, {}, () => {})),
    onMessage: run => void process.on('message', message => run(message as ToWorker)),
    onEnd: run => void process.once('disconnect', run),
  },
  { logFd: process.stdout.fd, pid: process.pid },
)
if (process.connected) process.disconnect()
