import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import type { Libc } from '../../../src/libc/libc.ts'
import type { Poller } from '../../../src/libc/epoll-events.ts'
import { localEnd } from '../../../src/libc/socket-address.ts'
import { acceptNative } from '../../../src/net/native/accept.ts'
import { bindNative } from '../../../src/net/native/bind.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'
import { nativeTest } from '../../fixtures/native-test.ts'

/** A listening socket, a poller that the test turns, with the accepted descriptors and the errors. */
const setUp = (
  libc: Libc,
  defer: (end: () => unknown) => void,
  {
    accept4,
    onAccepted,
  }: { readonly accept4?: Libc['accept4']; readonly onAccepted?: () => void } = {},
) => {
  const fd = bindNative(libc, { type: 'tcp', host: '127.0.0.1', port: 0 })
  const clock = createHandClock()
  const accepted: number[] = []
  const errors: unknown[] = []
  let onEvents = (): void => {}
  let runs: (() => void)[] = []
  let calls = 0
  const poller: Poller = {
    watch: (_, run) => {
      onEvents = () => run(1)
      return 0
    },
    unwatch: () => (onEvents = () => {}),
    soon: run => runs.push(run),
    close: () => {},
  }
  const stop = acceptNative({
    libc: {
      ...libc,
      accept4: (...args) => {
        calls++
        return (accept4 ?? libc.accept4)(...args)
      },
    },
    poller,
    clock,
    fd,
    onAccepted: taken => {
      accepted.push(taken)
      onAccepted?.()
    },
    onError: error => errors.push(error),
  })
  const clients: Socket[] = []
  defer(() => {
    stop()
    stop()
    libc.close(fd)
    for (const taken of accepted) libc.close(taken)
    for (const client of clients) client.destroy()
  })
  const port = localEnd(libc, fd)?.port ?? 0
  return {
    accepted,
    errors,
    clock,
    stop,
    calls: () => calls,
    event: () => onEvents(),
    /** What `soon` was given, run; how many there were. */
    turn: () => {
      const now = runs
      runs = []
      for (const run of now) run()
      return now.length
    },
    dial: async (count: number) => {
      const fresh = Array.from({ length: count }, () => connect(port, '127.0.0.1'))
      clients.push(...fresh)
      await Promise.all(fresh.map(client => once(client, 'connect')))
    },
  }
}

nativeTest('at most 64 are accepted in a turn, the rest in later turns', async (t, libc, defer) => {
  const { dial, event, turn, accepted } = setUp(libc, defer)
  await dial(150)
  event()
  t.equal(accepted.length, 64)
  event()
  t.equal(accepted.length, 64, 'an event makes no further turn')
  t.equal(turn(), 1)
  t.equal(accepted.length, 128)
  t.equal(turn(), 1)
  t.equal(accepted.length, 150)
  t.equal(turn(), 0, 'nobody waits any more')
})

nativeTest('an exception in onAccepted does not stop accepting', async (t, libc, defer) => {
  let count = 0
  const { dial, event, turn, accepted } = setUp(libc, defer, {
    onAccepted: () => {
      if (++count < 3) throw new Error(`number ${count}`)
    },
  })
  await dial(5)
  t.throws(event, { message: 'number 1' })
  t.throws(turn, { message: 'number 2' })
  t.equal(turn(), 1)
  t.equal(accepted.length, 5)
  t.equal(turn(), 0)
})

nativeTest('no descriptor left: a pause of 100 ms, reported once', async (t, libc, defer) => {
  let errno = -24
  const { dial, event, turn, accepted, errors, clock, calls } = setUp(libc, defer, {
    accept4: (...args) => (errno === 0 ? libc.accept4(...args) : errno),
  })
  await dial(2)
  event()
  t.match(errors, [{ message: 'accept EMFILE', code: 'EMFILE' }])
  event()
  clock.advance(99)
  t.equal(turn(), 0)
  t.equal(calls(), 1, 'nothing is tried meanwhile')
  clock.advance(1)
  t.equal(calls(), 2)
  t.equal(errors.length, 1)
  errno = 0
  clock.advance(100)
  t.equal(accepted.length, 2)
  errno = -23
  event()
  t.match(errors[1], { code: 'ENFILE' }, 'the next failure is reported again')
})

nativeTest('errors of one dead connection do not stop accepting', async (t, libc, defer) => {
  const answers = [-103, -4, -71]
  const { dial, event, accepted, errors } = setUp(libc, defer, {
    accept4: (...args) => answers.shift() ?? libc.accept4(...args),
  })
  await dial(1)
  event()
  t.equal(accepted.length, 1)
  t.same(errors, [])
})

nativeTest('after stop nothing is accepted, not even scheduled turns', async (t, libc, defer) => {
  const first = setUp(libc, defer)
  await first.dial(70)
  first.event()
  first.stop()
  t.equal(first.turn(), 1)
  t.equal(first.accepted.length, 64)

  const second = setUp(libc, defer, { accept4: () => -24 })
  second.event()
  t.equal(second.clock.pending(), 1)
  second.stop()
  t.equal(second.clock.pending(), 0, 'no timer is left')
  second.clock.advance(1000)
  t.equal(second.calls(), 1)

  const third = setUp(libc, defer, { onAccepted: () => third.stop() })
  await third.dial(3)
  third.event()
  t.equal(third.accepted.length, 1)
  t.equal(third.turn(), 0)
})

nativeTest('stop may take the connections that wait', async (t, libc, defer) => {
  const queued = setUp(libc, defer)
  await queued.dial(70)
  queued.stop(true)
  t.equal(queued.accepted.length, 70, 'those of the kernel’s queue')
  t.equal(queued.calls(), 71)
  queued.stop(true)
  t.equal(queued.calls(), 71, 'once')

  const answers = [-103, -24]
  const failing = setUp(libc, defer, {
    accept4: (...args) => answers.shift() ?? libc.accept4(...args),
  })
  await failing.dial(1)
  failing.stop(true)
  t.equal(failing.calls(), 2, 'until none is left, or none can be taken')
  t.same(failing.errors, [], 'nobody waits for a pause to end')
})
