/**
 * Node's own racing, as a process that connects on request:
 *
 *     node --import=./scripts/compiled.mjs scripts/lab/node-main.ts
 *
 * Each line of its standard input is a task in JSON, `{ kind, host, port, boundMs }`; for each it
 * prints a line of JSON, `{ ms }` or `{ failure }`. It ends with its standard input.
 */
import { get } from 'node:https'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import type { Measured, Task } from './types.ts'

const codeOf = (error: Error & { code?: string }): string => error.code ?? error.message

const measure = ({ kind, host, port, boundMs }: Task): Promise<Measured> =>
  new Promise(resolve => {
    const start = performance.now()
    const done = (): void => settle({ ms: performance.now() - start })
    const fail = (error: Error): void => settle({ failure: codeOf(error) })
    const options = { host, port, autoSelectFamily: true }
    // No connection is kept: each task makes its own.
    const running =
      kind === 'connect'
        ? connect(options, done)
        : get({ ...options, rejectUnauthorized: false, agent: false }, done)
    running.on('error', fail)
    const timer = setTimeout(() => settle({ failure: 'late' }), boundMs)
    const settle = (measured: Measured): void => {
      clearTimeout(timer)
      resolve(measured)
      running.destroy()
    }
  })

for await (const line of createInterface(process.stdin)) {
  console.log(JSON.stringify(await measure(JSON.parse(line) as Task)))
}
