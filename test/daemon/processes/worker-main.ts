import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { own } from '../../fixtures/children.ts'
import { COMPILED } from '../../fixtures/compiled.ts'

const MAIN = fileURLToPath(new URL('../../../src/daemon/processes/worker-main.ts', import.meta.url))

t.test(
  'the process waits for messages, and ends without its primary',
  { timeout: 60_000 },
  async t => {
    const child = own(
      fork(MAIN, {
        execArgv: [COMPILED],
        serialization: 'advanced',
        stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      }),
    )
    const [first] = (await once(child, 'message')) as unknown[]
    t.same(first, { type: 'ready' })
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) child.kill(signal)
    child.send({ type: 'end' })
    t.same(await once(child, 'exit'), [0, null])
  },
)
