/*
 * The process that asks the C library. A lookup that hangs holds one of its threads, which nothing can
 * end but the end of the process (Node's own exit waits for its threads).
 */
import { lookup } from 'node:dns'
import process from 'node:process'
import type { LookupQuestion, LookupReply } from './types.ts'

// A terminal signals all of its processes. This one ends when its parent ends it, or with its parent.
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
