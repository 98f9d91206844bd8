import { readFileSync, readdirSync } from 'node:fs'
import t from 'tap'
import type { Test } from 'tap'
import { createSystemLookup } from '../../../src/net/system-lookup/create-system-lookup.ts'
import { until } from '../../fixtures/socket-pair.ts'

/** The processes that this one has started and that live. */
const children = (): number[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1')
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        return Number(parent) === process.pid && state !== 'Z' ? [Number(name)] : []
      } catch {
        return []
      }
    })

const setUp = (t: Test, env?: NodeJS.ProcessEnv) => {
  const { lookup, renew, close, places } = createSystemLookup(env)
  t.teardown(close)
  const ask = (name: string, family: 4 | 6 = 4) =>
    new Promise<{ code: string | null; addresses: readonly string[] }>(resolve => {
      lookup(name, family, (code, addresses) => resolve({ code, addresses }))
    })
  return { ask, lookup, renew, close, places }
}

const FOUND = { code: null, addresses: ['127.0.0.1'] }
const SKIP = { skip: process.platform === 'linux' ? false : 'it looks into /proc' }

t.test('one helper process serves all lookups, and starts with the first', SKIP, async t => {
  const before = children()
  const { ask, close } = setUp(t)
  t.same(children(), before)
  t.same(await Promise.all([ask('127.0.0.1'), ask('127.0.0.1')]), [FOUND, FOUND])
  t.same(await ask('::1', 6), { code: null, addresses: ['::1'] })
  t.match(await ask('a b'), { code: /^E/ })
  t.equal(children().length, before.length + 1)
  close()
  await until('it has ended', () => children().length === before.length)
  t.match(await ask('127.0.0.1'), { code: 'ECHILD' }, 'it is closed')
  t.same(children(), before)
})

t.test('renew drops open lookups, and another process answers later ones', SKIP, async t => {
  const { ask, lookup, renew } = setUp(t)
  let heard = false
  lookup('127.0.0.1', 4, () => (heard = true))
  renew()
  t.same(await ask('127.0.0.1'), FOUND)
  t.equal(heard, false)
})

t.test('if the helper dies another one repeats the lookups', SKIP, async t => {
  const before = children()
  const { ask } = setUp(t)
  t.same(await ask('127.0.0.1'), FOUND)
  const pid = children().find(each => !before.includes(each)) ?? 0
  process.kill(pid, 'SIGSTOP')
  const lost = [ask('127.0.0.1'), ask('127.0.0.1')]
  process.kill(pid, 'SIGKILL')
  t.same(await Promise.all(lost), [FOUND, FOUND])
  // Of the test before this one a process may still be ending.
  const own = (): number => children().filter(each => !before.includes(each)).length
  await until('one is left', () => own() === 1)
})

t.test('if the second helper dies too the lookup fails', SKIP, async t => {
  const { ask } = setUp(t, { NODE_OPTIONS: '--import=data:text/javascript,process.exit(1)' })
  t.match(await ask('127.0.0.1'), { code: 'ECHILD' })
  t.match(await ask('127.0.0.1'), { code: 'ECHILD' }, 'and each one after it')
})

t.test('half of the threads, rounded up, are for lookups', async t => {
  for (const [threads, places] of [
    [undefined, 64],
    ['', 64],
    ['nonsense', 64],
    ['0', 64],
    ['1', 1],
    ['4', 2],
    ['5', 3],
    ['4096', 512],
  ] as const) {
    const env = threads === undefined ? {} : { UV_THREADPOOL_SIZE: threads }
    t.equal(setUp(t, env).places, places, threads ?? 'unset')
  }
})

t.test('the helper keeps no process alive', SKIP, async t => {
  const { ask } = setUp(t)
  t.same(await ask('127.0.0.1'), FOUND)
  // The test would run into its time limit: nothing ends this process but that nothing is left to do.
})
