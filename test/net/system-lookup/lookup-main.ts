import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import t from 'tap'
import type { LookupReply } from '../../../src/net/system-lookup/create-system-lookup.ts'
import { COMPILED } from '../../fixtures/compiled.ts'

const MAIN = fileURLToPath(
  new URL('../../../src/net/system-lookup/lookup-main.ts', import.meta.url),
)

const start = (t: Test) => {
  const child = fork(MAIN, [], { execArgv: [COMPILED], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  t.teardown(() => child.kill('SIGKILL'))
  const ended = new Promise<string | null>(resolve => {
    child.once('exit', (_code, signal) => resolve(signal))
  })
  const ask = (id: number, name: string, family: 4 | 6) =>
    new Promise<LookupReply>(resolve => {
      const listen = (reply: LookupReply): void => {
        if (reply.id !== id) return
        child.off('message', listen)
        resolve(reply)
      }
      child.on('message', listen)
      child.send({ id, name, family })
    })
  return { child, ended, ask }
}

t.test('it answers by the id of the question', async t => {
  const { ask } = start(t)
  const replies = await Promise.all([ask(1, '127.0.0.1', 4), ask(2, '::1', 6), ask(3, 'a b', 4)])
  t.same(replies.slice(0, 2), [
    { id: 1, code: null, addresses: ['127.0.0.1'] },
    { id: 2, code: null, addresses: ['::1'] },
  ])
  t.match(replies[2], { id: 3, code: /^E/, addresses: [] })
})

t.test('signals do not end the helper, the end of its parent does', async t => {
  const { child, ended, ask } = start(t)
  await ask(1, '127.0.0.1', 4)
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) child.kill(signal)
  t.match(await ask(2, '127.0.0.1', 4), { id: 2 })
  child.disconnect()
  t.equal(await ended, 'SIGKILL')
})
