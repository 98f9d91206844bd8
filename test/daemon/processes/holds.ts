import t from 'tap'
import { fail } from '../../../src/core/fail.ts'
import type { ListenAddress } from '../../../src/core/listen-address.ts'
import { createHolds } from '../../../src/daemon/processes/holds.ts'
import type { HoldAnswer, HoldQuestion } from '../../../src/daemon/processes/types.ts'

const tcp = (port: number, host = '127.0.0.1'): ListenAddress => ({ type: 'tcp', host, port })
const unix: ListenAddress = { type: 'unix', path: '/run/s' }
const asks = (address: ListenAddress, rest: Partial<HoldQuestion> = {}): HoldQuestion => ({
  address,
  reusePort: true,
  mode: 0o600,
  group: null,
  ...rest,
})

/** Everything that happens, in order; ports in `taken` cannot be had. */
const rig = (taken: ReadonlySet<number> = new Set()) => {
  const seen: string[] = []
  let nextPort = 1000
  let takes: () => Promise<void> = async () => {}
  const held = new Set<number>()
  const holds = createHolds({
    holdPort: (host, asked) => {
      const port = asked === 0 ? nextPort++ : asked
      if (host === '192.0.2.1') throw fail('EADDRNOTAVAIL', 'no')
      if (taken.has(port) || held.has(port)) throw fail('EADDRINUSE', 'taken')
      held.add(port)
      seen.push(`hold ${port}`)
      return {
        port,
        close: () => {
          held.delete(port)
          seen.push(`free ${port}`)
        },
      }
    },
    probePort: async (_, asked) => {
      if (taken.has(asked)) throw fail('EADDRINUSE', 'taken')
      return asked === 0 ? nextPort++ : asked
    },
    createUnixPlace: (path, { mode, group }) => {
      if (path.startsWith('/no')) throw fail('EADDRNOTAVAIL', 'no')
      seen.push(`unix ${mode.toString(8)} ${group}`)
      let isTaken = false
      return {
        temporary: `${path}.${seen.length}`,
        take: async () => {
          await takes()
          isTaken = true
          seen.push('take')
        },
        leave: () => {
          if (isTaken) seen.push('leave')
          isTaken = false
        },
      }
    },
  })
  const ask = (worker: number, question: HoldQuestion): Promise<HoldAnswer> =>
    new Promise(resolve => holds.ask(worker, question, resolve))
  return {
    seen,
    holds,
    ask,
    failToTake: () => (takes = () => Promise.reject(fail('EADDRINUSE', 'there'))),
  }
}

/** Whether it is settled a moment later. */
const isSettled = async (promise: Promise<unknown>): Promise<boolean> => {
  const later = new Promise<boolean>(resolve => setImmediate(() => resolve(false)))
  return Promise.race([promise.then(() => true), later])
}

t.test('the answer comes when all have asked, and is one for all', async t => {
  const { holds, ask, seen } = rig(new Set([7]))
  for (const worker of [1, 2]) holds.begin(worker)
  const first = ask(1, asks(tcp(5)))
  t.notOk(await isSettled(first))
  const second = ask(2, asks(tcp(5)))
  t.same(await Promise.all([first, second]), [
    { address: tcp(5), boundAs: null },
    { address: tcp(5), boundAs: null },
  ])
  t.same(seen, ['hold 5'])
  const [third, fourth] = [ask(1, asks(tcp(7))), ask(2, asks(tcp(7)))]
  t.match(await third, {
    error: { code: 'EADDRINUSE', message: /^cannot listen on 127.0.0.1:7: / },
  })
  t.same(await third, await fourth)
})

t.test('nobody waits for one that has finished, or is gone', async t => {
  const { holds, ask } = rig()
  for (const worker of [1, 2, 3]) holds.begin(worker)
  const first = ask(1, asks(tcp(5)))
  holds.finish(2)
  t.notOk(await isSettled(first))
  holds.forget(3)
  t.ok(await isSettled(first))
  holds.begin(2)
  const lost = ask(2, asks(tcp(5)))
  holds.forget(2)
  await ask(1, asks(tcp(6)))
  t.notOk(await isSettled(lost), 'who is gone is not answered')
  holds.finish(1)
  holds.begin(4)
  t.same(await ask(4, asks(tcp(5))), { address: tcp(5), boundAs: null }, 'one alone is answered')
})

t.test('a port is given back with its last user, and not where that is gone', async t => {
  const { holds, ask, seen } = rig()
  for (const worker of [1, 2]) {
    holds.begin(worker)
    const answer = ask(worker, asks(tcp(5)))
    holds.finish(worker)
    t.ok(await isSettled(answer))
  }
  holds.release(1, tcp(5))
  holds.release(1, tcp(5))
  holds.release(1, tcp(6))
  t.same(seen, ['hold 5'])
  holds.forget(2)
  t.same(seen, ['hold 5'], 'it is kept for who comes in its place')
  holds.prune()
  t.same(seen, ['hold 5', 'free 5'])
  holds.begin(3)
  await ask(3, asks(tcp(5)))
  holds.release(3, tcp(5))
  t.same(seen.slice(2), ['hold 5', 'free 5'])
})

t.test('what stands in the way is gone when all ask again', async t => {
  const { holds, ask } = rig()
  holds.begin(1)
  await ask(1, asks(tcp(5)))
  holds.finish(1)
  for (const worker of [1, 2]) holds.begin(worker)
  const all = '0.0.0.0'
  const before = ask(1, asks(tcp(5, all)))
  const other = ask(2, asks(tcp(5, all)))
  t.match(await before, { error: { code: 'EADDRINUSE' } })
  await other
  const [again, too] = [ask(2, asks(tcp(5, all))), Promise.resolve(holds.release(1, tcp(5)))]
  await too
  t.same(await Promise.all([ask(1, asks(tcp(5, all))), again]), [
    { address: tcp(5, all), boundAs: null },
    { address: tcp(5, all), boundAs: null },
  ])
})

t.test('any free port is one, held from then on where that can be', async t => {
  const { holds, ask, seen } = rig()
  t.same(await holds.resolve(tcp(5), true), tcp(5))
  t.same(await holds.resolve(unix, true), unix)
  t.same(seen, [])
  t.same(await holds.resolve(tcp(0), true), tcp(1000))
  t.same(await holds.resolve(tcp(0), false), tcp(1001))
  t.same(seen, ['hold 1000'])
  const nowhere = tcp(0, '192.0.2.1')
  t.same(await holds.resolve(nowhere, true), nowhere)
  t.match(await ask(1, asks(nowhere)), { error: { code: 'EADDRNOTAVAIL' } })
  t.same(await ask(1, asks(tcp(1000))), { address: tcp(1000), boundAs: null })
  t.same(
    await ask(1, asks(tcp(1000), { reusePort: false })),
    { address: tcp(1000), boundAs: null },
    'a handle that is shared takes the port for itself',
  )
  t.same(seen, ['hold 1000', 'free 1000'])
  t.same(await ask(1, asks(tcp(1001), { reusePort: false })), { address: tcp(1001), boundAs: null })
  holds.close()
})

t.test('a UNIX socket is placed once, and loses its name with the first who leaves', async t => {
  const { holds, ask, seen } = rig()
  const question = asks(unix, { mode: 0o660, group: 'g' })
  const [one, two] = [await ask(1, question), await ask(2, question)]
  t.same(one, { address: unix, boundAs: '/run/s.1' })
  t.same(one, two)
  t.same(await Promise.all([holds.place(unix), holds.place(unix)]), [null, null])
  t.same(seen, ['unix 660 g', 'take'])
  t.match(await ask(1, asks(unix)), { error: { code: 'EADDRINUSE', message: /other rights/ } })
  holds.release(1, unix)
  t.same(seen.at(-1), 'leave')
  holds.release(2, unix)
  t.same(await ask(1, asks(unix)), { address: unix, boundAs: '/run/s.4' }, 'made anew')
  t.equal(await holds.place(unix), null)
  holds.forget(1)
  t.same(seen.slice(3), ['unix 600 undefined', 'take', 'leave'], 'nobody is left to share it')
  t.equal(await holds.place(unix), null)
})

t.test('one that cannot be placed is told to all', async t => {
  const { holds, ask, failToTake } = rig()
  failToTake()
  await ask(1, asks(unix))
  const told = { code: 'EADDRINUSE', message: 'cannot listen on unix:/run/s: there' }
  t.same(await Promise.all([holds.place(unix), holds.place(unix)]), [told, told])
  t.match(await ask(1, asks({ type: 'unix', path: '/no' })), { error: { code: 'EADDRNOTAVAIL' } })
})

t.test('at the drain names go, and in the end everything', async t => {
  const { holds, ask, seen } = rig()
  await ask(1, asks(unix))
  await holds.place(unix)
  await ask(1, asks(tcp(5)))
  holds.leave()
  t.same(seen.slice(2), ['hold 5', 'leave'])
  holds.close()
  t.same(seen.slice(4), ['free 5'])
})
