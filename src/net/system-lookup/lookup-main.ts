/*
 * Helper process that calls the C library. A lookup that hangs holds a thread, and only the end of the
 * process can end that (Node waits for its threads at exit).
 */
import { lookup } from 'node:dns'
import type { LookupQuestion, LookupReply } from './create-system-lookup.ts'

// A terminal sends signals to its whole foreground process group. This process ends only when its parent
// kills it, or exits.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))

process.on('message', ({ id, name, family }: LookupQuestion) => {
  lookup(name, { family, all: true }, (error, found) => {
    const reply: LookupReply = error
      ? { id, code: error.code ?? 'EAI_FAIL', addresses: [] }
      : { id, code: null, addresses: found.map(({ address }) => address) }
    if (process.connected) process.send?.(reply, undefined, {}, () => {})
  })
})
