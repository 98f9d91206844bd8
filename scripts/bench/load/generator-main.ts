/**
 * A load generator as a process of its own: jobs come as messages from its parent, and a report goes
 * back for each. It ends with its parent.
 *
 * It waits for nothing but its connections while a job runs; Node's own loop stands still.
 */
import { createHolder } from './holder.ts'
import { needLibc } from './need-libc.ts'
import { runBulk } from './run-bulk.ts'
import { runPing } from './run-ping.ts'
import { runRate } from './run-rate.ts'
import type { Job, Report } from './types.ts'

const libc = needLibc()
const holder = createHolder(libc)

const run = (job: Job): Report => {
  switch (job.kind) {
    case 'rate':
      return runRate(libc, job)
    case 'ping':
      return runPing(libc, job)
    case 'down':
    case 'up':
      return runBulk(libc, job)
    case 'hold':
      return holder.hold(job)
    case 'release':
      return holder.release()
  }
}

process.on('message', (job: Job) => {
  try {
    process.send?.(run(job))
  } catch (error) {
    process.send?.({ failed: 1, failure: (error as Error).message } satisfies Report)
  }
})
process.on('disconnect', () => process.exit(0))
