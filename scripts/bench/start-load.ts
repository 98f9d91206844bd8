import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Owner } from '../../test/fixtures/children.ts'
import { endChild, own, within } from '../../test/fixtures/children.ts'
import { COMPILED } from '../../test/fixtures/compiled.ts'
import type { Job, Report } from './load/types.ts'

const START_MS = 20_000
/** More than any job takes beyond the time that it was given. */
const JOB_MS = 60_000

const main = (name: string): string => fileURLToPath(new URL(`load/${name}`, import.meta.url))

/** A process that does jobs, one after the other. */
export type Generator = { readonly run: (job: Job) => Promise<Report> }

export const startGenerator = (owner: Owner): Generator => {
  const child = own(fork(main('generator-main.ts'), { execArgv: [COMPILED] }))
  owner.teardown(() => endChild(child, 500))
  const died = once(child, 'exit').then(([code, signal]: unknown[]) => {
    throw new Error(`the load generator ended with ${String(code ?? signal)}`)
  })
  died.catch(() => {})
  return {
    run: async job => {
      const report = once(child, 'message').then(([message]) => message as Report)
      child.send(job)
      const seconds = 'seconds' in job ? job.seconds : 0
      return within(JOB_MS + seconds * 1000, `job ${job.kind}`, Promise.race([report, died]))
    },
  }
}

/** Starts an origin as a process, and waits until it listens at all of its ports. */
export const startOrigin = async (owner: Owner, ports: readonly number[]): Promise<void> => {
  const args = [COMPILED, main('origin-main.ts'), ...ports.map(String)]
  const child = own(spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] }))
  owner.teardown(() => endChild(child, 500))
  const listening = once(createInterface(child.stdout), 'line')
  const died = once(child, 'exit').then(([code]: unknown[]) => {
    throw new Error(`the origin ended with ${String(code)}`)
  })
  died.catch(() => {})
  await within(START_MS, 'the origin listens', Promise.race([listening, died]))
}
