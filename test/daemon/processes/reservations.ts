import t from 'tap'
import { fail } from '../../../src/core/fail.ts'
import type { SocketAddress } from '../../../src/core/listen-address.ts'
import type { ListenAnswer, ListenRequest } from '../../../src/daemon/processes/messages.ts'
import { createReservations } from '../../../src/daemon/processes/reservations.ts'

const tcp = (port: number, host = '127.0.0.1'): SocketAddress => ({ type: 'tcp', host, port })
const unix: SocketAddress = { type: 'unix', path: '/run/s' }
const asks = (address: SocketAddress, rest: Partial<ListenRequest> = {}): ListenRequest => ({
  address,
  reusePort: true,
  mode: 0o600,
  group: null,
  ...rest,
})

/** Records what happens, in order; ports in `taken` are in use. */
const rig = (taken: ReadonlySet<number> = new Set()) => {
  const seen: string[] = []
  let nextPort = 1000
  let takes: () => Promise<void> = async () => {}
  const reservedPorts = new Set<number>()
  const reservations = createReservations({
    reservePort: (host, asked) => {
      const port = asked === 0 ? nextPort++ : asked
      if (host === '192.0.2.1') throw fail('EADDRNOTAVAIL', 'no')
      if (taken.has(port) || reservedPorts.has(port)) throw fail('EADDRINUSE', 'taken')
      reservedPorts.add(port)
      seen.push(`reserve ${port}`)
      return {
        port,
        close: () => {
          reservedPorts.delete(port)
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
  const ask = (worker: number, request: ListenRequest): Promise<ListenAnswer> =>
    new Promise(resolve => reservations.request(worker, request, resolve))
  return {
    seen,
    reservations,
    ask,
    failToTake: () => (takes = () => Promise.reject(fail('EADDRINUSE', 'there'))),
  }
}

/** Whether the promise settles within one turn. */
const isSettled = async (promise: Promise<unknown>): Promise<boolean> => {
  const later = new Promise<boolean>(resolve => setImmediate(() => resolve(false)))
  return Promise.race([promise.then(() => true), later])
}

t.test('the answer comes once all workers have asked, and is the same for all', async t => {
  const { reservations, ask, seen } = rig(new Set([7]))
  for (const worker of [1, 2]) reservations.begin(worker)
  const first = ask(1, asks(tcp(5)))
  t.notOk(await isSettled(first))
  const second = ask(2, asks(tcp(5)))
  t.same(await Promise.all([first, second]), [
    { address: tcp(5), boundAs: null },
    { address: tcp(5), boundAs: null },
  ])
  t.same(seen, ['reserve 5'])
  const [third, fourth] = [ask(1, asks(tcp(7))), ask(2, asks(tcp(7)))]
  t.match(await third, {
    error: { code: 'EADDRINUSE', message: /^cannot listen on 127.0.0.1:7: / },
  })
  t.same(await third, await fourth)
})

t.test('no worker waits for one that has finished or ended', async t => {
  const { reservations, ask } = rig()
  for (const worker of [1, 2, 3]) reservations.begin(worker)
  const first = ask(1, asks(tcp(5)))
  reservations.finish(2)
  t.notOk(await isSettled(first))
  reservations.forget(3)
  t.ok(await isSettled(first))
  reservations.begin(2)
  const lost = ask(2, asks(tcp(5)))
  reservations.forget(2)
  await ask(1, asks(tcp(6)))
  t.notOk(await isSettled(lost), 'a worker that has ended gets no answer')
  reservations.finish(1)
  reservations.begin(4)
  t.same(
    await ask(4, asks(tcp(5))),
    { address: tcp(5), boundAs: null },
    'a single worker gets its answer at once',
  )
})

t.test('a port is released by its last user, but not when that user ends', async t => {
  const { reservations, ask, seen } = rig()
  for (const worker of [1, 2]) {
    reservations.begin(worker)
    const answer = ask(worker, asks(tcp(5)))
    reservations.finish(worker)
    t.ok(await isSettled(answer))
  }
  reservations.release(1, tcp(5))
  reservations.release(1, tcp(5))
  reservations.release(1, tcp(6))
  t.same(seen, ['reserve 5'])
  reservations.forget(2)
  t.same(seen, ['reserve 5'], 'the port stays reserved for the replacement')
  reservations.prune()
  t.same(seen, ['reserve 5', 'free 5'])
  reservations.begin(3)
  await ask(3, asks(tcp(5)))
  reservations.release(3, tcp(5))
  t.same(seen.slice(2), ['reserve 5', 'free 5'])
})

t.test('an address that is blocked is free after its user has released the other', async t => {
  const { reservations, ask } = rig()
  reservations.begin(1)
  await ask(1, asks(tcp(5)))
  reservations.finish(1)
  for (const worker of [1, 2]) reservations.begin(worker)
  const all = '0.0.0.0'
  const before = ask(1, asks(tcp(5, all)))
  const other = ask(2, asks(tcp(5, all)))
  t.match(await before, { error: { code: 'EADDRINUSE' } })
  await other
  const [again, too] = [ask(2, asks(tcp(5, all))), Promise.resolve(reservations.release(1, tcp(5)))]
  await too
  t.same(await Promise.all([ask(1, asks(tcp(5, all))), again]), [
    { address: tcp(5, all), boundAs: null },
    { address: tcp(5, all), boundAs: null },
  ])
})

t.test('port 0 becomes a real port, reserved if possible', async t => {
  const { reservations, ask, seen } = rig()
  t.same(await reservations.resolve(tcp(5), true), tcp(5))
  t.same(await reservations.resolve(unix, true), unix)
  t.same(seen, [])
  t.same(await reservations.resolve(tcp(0), true), tcp(1000))
  t.same(await reservations.resolve(tcp(0), false), tcp(1001))
  t.same(seen, ['reserve 1000'])
  const nowhere = tcp(0, '192.0.2.1')
  t.same(await reservations.resolve(nowhere, true), nowhere)
  t.match(await ask(1, asks(nowhere)), { error: { code: 'EADDRNOTAVAIL' } })
  t.same(await ask(1, asks(tcp(1000))), { address: tcp(1000), boundAs: null })
  t.same(
    await ask(1, asks(tcp(1000), { reusePort: false })),
    { address: tcp(1000), boundAs: null },
    'a shared handle binds the port itself',
  )
  t.same(seen, ['reserve 1000', 'free 1000'])
  t.same(await ask(1, asks(tcp(1001), { reusePort: false })), { address: tcp(1001), boundAs: null })
  reservations.close()
})

t.test(
  'a UNIX socket is moved to its path once, and unlinked when the first user releases it',
  async t => {
    const { reservations, ask, seen } = rig()
    const request = asks(unix, { mode: 0o660, group: 'g' })
    const [one, two] = [await ask(1, request), await ask(2, request)]
    t.same(one, { address: unix, boundAs: '/run/s.1' })
    t.same(one, two)
    t.same(await Promise.all([reservations.place(unix), reservations.place(unix)]), [null, null])
    t.same(seen, ['unix 660 g', 'take'])
    t.match(await ask(1, asks(unix)), { error: { code: 'EADDRINUSE', message: /other rights/ } })
    reservations.release(1, unix)
    t.same(seen.at(-1), 'leave')
    reservations.release(2, unix)
    t.same(await ask(1, asks(unix)), { address: unix, boundAs: '/run/s.4' }, 'bound again')
    t.equal(await reservations.place(unix), null)
    reservations.forget(1)
    t.same(
      seen.slice(3),
      ['unix 600 undefined', 'take', 'leave'],
      'no worker is left to share the handle',
    )
    t.equal(await reservations.place(unix), null)
  },
)

t.test('all workers get the error of a UNIX socket that cannot be moved', async t => {
  const { reservations, ask, failToTake } = rig()
  failToTake()
  await ask(1, asks(unix))
  const failure = { code: 'EADDRINUSE', message: 'cannot listen on unix:/run/s: there' }
  t.same(await Promise.all([reservations.place(unix), reservations.place(unix)]), [
    failure,
    failure,
  ])
  t.match(await ask(1, asks({ type: 'unix', path: '/no' })), { error: { code: 'EADDRNOTAVAIL' } })
})

t.test('a drain removes the paths of UNIX sockets; close releases everything', async t => {
  const { reservations, ask, seen } = rig()
  await ask(1, asks(unix))
  await reservations.place(unix)
  await ask(1, asks(tcp(5)))
  reservations.leave()
  t.same(seen.slice(2), ['reserve 5', 'leave'])
  reservations.close()
  t.same(seen.slice(4), ['free 5'])
})
