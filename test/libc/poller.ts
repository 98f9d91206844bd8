import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer, connect } from 'node:net'
import { EPOLL, ERRNO, O } from '../../src/libc/constants.ts'
import type { Libc } from '../../src/libc/libc.ts'
import type { Poller } from '../../src/libc/epoll-events.ts'
import { createPoller } from '../../src/libc/poller.ts'
import { COMPILED } from '../fixtures/compiled.ts'
import { eventually, inParallel } from '../fixtures/in-parallel.ts'
import { nativeTest } from '../fixtures/native-test.ts'

type Defer = (end: () => unknown) => void

/** Long enough for the poller to have sent its thread to wait. */
const untilItWaits = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 50))

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise(resolve => setImmediate(resolve))
}

const BYTE = Uint8Array.of(1)

/** Pipes whose reading ends can be made ready. */
const bells = (libc: Libc, defer: Defer) => {
  const open = new Set<number>()
  defer(() => {
    for (const fd of open) libc.close(fd)
  })
  return {
    make: () => {
      const ends = new Int32Array(2)
      if (libc.pipe2(ends, O.NONBLOCK | O.CLOEXEC) < 0) throw new Error('no pipe')
      const [from = -1, to = -1] = ends
      open.add(from).add(to)
      return { from, to, ring: () => libc.write(to, BYTE, 1) }
    },
    close: (fd: number) => {
      open.delete(fd)
      libc.close(fd)
    },
  }
}

const made = (libc: Libc, defer: Defer, loop?: number): Poller => {
  const poller = createPoller(libc, loop)
  defer(() => poller.close())
  return poller
}

nativeTest(
  'ready descriptors are reported, while it polls and while it waits',
  async (t, libc, defer) => {
    const poller = made(libc, defer)
    const { from, ring } = bells(libc, defer).make()
    const seen: number[] = []
    ring()
    t.equal(
      poller.watch(from, events => seen.push(events)),
      0,
    )
    t.equal(
      poller.watch(from, () => {}),
      -ERRNO.EEXIST,
      'each once',
    )
    t.same(seen, [], 'never at once')
    await eventually(() => seen.length === 1)
    t.same(seen, [EPOLL.IN], 'what was ready before the watch is reported')
    ring()
    await eventually(() => seen.length === 2)
    await untilItWaits()
    ring()
    await eventually(() => seen.length === 3)
    await untilItWaits()
    t.equal(seen.length, 3, 'once each')
    poller.unwatch(from)
    poller.unwatch(from)
    ring()
    await untilItWaits()
    t.equal(seen.length, 3, 'and no more after the end of the watch')
  },
)

nativeTest('watch returns the error of a descriptor that cannot be watched', (t, libc, defer) => {
  const poller = made(libc, defer)
  t.equal(
    poller.watch(-1, () => {}),
    -ERRNO.EBADF,
  )
  poller.unwatch(-1)
  poller.unwatch(12_345)
})

nativeTest('an ended watch and a reused number get no old events', async (t, libc, defer) => {
  const poller = made(libc, defer)
  const pipes = bells(libc, defer)
  const [one, two] = [pipes.make(), pipes.make()]
  const seen: string[] = []
  const other = (mine: typeof one, theirs: typeof one) => (): void => {
    seen.push('first')
    poller.unwatch(theirs.from)
    pipes.close(theirs.from)
    pipes.close(theirs.to)
    // The numbers that have become free are given out again.
    const next = pipes.make()
    t.equal(next.from, Math.min(theirs.from, theirs.to), 'it is the same number')
    poller.watch(next.from, () => seen.push('new'))
    void mine
  }
  poller.watch(one.from, other(one, two))
  poller.watch(two.from, other(two, one))
  one.ring()
  two.ring()
  await untilItWaits()
  t.same(seen, ['first'])
})

nativeTest(
  'an event of an earlier use of a descriptor number reaches no handler',
  async (t, libc, defer) => {
    // A wait on another thread that has its result, but has not reported it yet.
    let asked = false
    let report: (() => void) | undefined
    const slow: Libc = {
      ...libc,
      epollWaitLater: (epoll, events, count, timeoutMs, done) => {
        asked = true
        libc.epollWaitLater(epoll, events, count, timeoutMs, found => {
          report = () => done(found)
        })
      },
    }
    const poller = made(slow, defer)
    const pipes = bells(libc, defer)
    const old = pipes.make()
    const seen: string[] = []
    poller.watch(old.from, () => seen.push('old'))
    await eventually(() => asked)
    old.ring()
    await eventually(() => report !== undefined)
    poller.unwatch(old.from)
    pipes.close(old.from)
    pipes.close(old.to)
    const next = pipes.make()
    t.equal(next.from, old.from)
    poller.watch(next.from, () => seen.push('new'))
    const goOn = async (): Promise<void> => {
      await eventually(() => report !== undefined)
      const run = report
      report = undefined
      run?.()
    }
    await goOn()
    t.same(seen, [])
    next.ring()
    while (seen.length === 0) await goOn()
    t.same(seen, ['new'])
    poller.unwatch(next.from)
    await goOn()
  },
)

nativeTest(
  'an exception in a handler is uncaught, and the other handlers run',
  async (t, libc, defer) => {
    const poller = made(libc, defer)
    const pipes = bells(libc, defer)
    const thrown: unknown[] = []
    const onThrown = (error: unknown): void => void thrown.push(error)
    // The test's own are taken off for a while, or it would fail by what is meant to be thrown.
    const own = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', onThrown)
    defer(() => {
      process.off('uncaughtException', onThrown)
      for (const listener of own) process.on('uncaughtException', listener)
    })
    const seen: number[] = []
    for (let i = 0; i < 3; i++) {
      const { from, ring } = pipes.make()
      ring()
      poller.watch(from, () => {
        seen.push(i)
        throw new Error(`handler ${i}`)
      })
    }
    poller.soon(() => {
      throw new Error('soon')
    })
    poller.soon(() => seen.push(3))
    await eventually(() => thrown.length === 4)
    t.same(new Set(seen), new Set([0, 1, 2, 3]))
    t.same(thrown.map(error => (error as Error).message).toSorted(), [
      'handler 0',
      'handler 1',
      'handler 2',
      'soon',
    ])
    const later = pipes.make()
    poller.watch(later.from, () => seen.push(4))
    await untilItWaits()
    later.ring()
    await eventually(() => seen.includes(4))
    t.ok(seen.includes(4), 'it goes on')
  },
)

nativeTest(
  '`soon` comes in a turn of its own, after what is ready, whatever the poller does',
  async (t, libc, defer) => {
    const poller = made(libc, defer)
    const { from, ring } = bells(libc, defer).make()
    const order: string[] = []
    poller.soon(() => order.push('idle'))
    t.same(order, [])
    await eventually(() => order.length === 1)
    poller.watch(from, () => order.push('ready'))
    ring()
    poller.soon(() => {
      order.push('soon')
      poller.soon(() => order.push('next'))
      process.nextTick(() => order.push('tick'))
      setImmediate(() => order.push('turn'))
    })
    await eventually(() => order.includes('next') && order.includes('turn'))
    t.same(order.slice(0, 4), ['idle', 'ready', 'soon', 'tick'])
    await untilItWaits()
    poller.soon(() => order.push('while it waits'))
    await turns(2)
    t.equal(order.at(-1), 'while it waits', 'and wakes no thread for it')
  },
)

nativeTest('more descriptors than one epoll_wait returns', async (t, libc, defer) => {
  const poller = made(libc, defer)
  const pipes = bells(libc, defer)
  const seen = new Set<number>()
  const all = Array.from({ length: 1000 }, () => pipes.make())
  for (const { from } of all) poller.watch(from, () => seen.add(from))
  await untilItWaits()
  for (const { ring } of all) ring()
  await eventually(() => seen.size === all.length)
  t.equal(seen.size, all.length, 'more than one call brings')
})

/** An echo of Node's that goes to and fro until the test ends. */
const echoing = async (defer: Defer): Promise<() => number> => {
  const ignore = (): void => {}
  const server = createServer(socket => {
    socket.on('error', ignore).pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', ignore)
  defer(async () => {
    server.close()
    socket.end()
    await once(server, 'close')
  })
  let echoes = 0
  socket.on('data', () => {
    echoes++
    if (socket.writable) socket.write('x')
  })
  socket.write('x')
  return () => echoes
}

for (const loop of [undefined, -1]) {
  const sight = loop === undefined ? 'seeing' : 'blind'
  nativeTest(
    `${sight}: Node and a busy poller leave turns to each other`,
    async (t, libc, defer) => {
      const poller = made(libc, defer, loop)
      const { from, ring } = bells(libc, defer).make()
      let busy = 0
      const buffer = new Uint8Array(8)
      poller.watch(from, () => {
        busy++
        libc.read(from, buffer, 8)
        ring()
      })
      ring()
      const echoes = await echoing(defer)
      let ticks = 0
      const timer = setInterval(() => ticks++, 5)
      await eventually(() => busy > 100 && echoes() > 20 && ticks > 5)
      clearInterval(timer)
      await readFile(new URL(import.meta.url))
      t.ok(busy > 100, `${busy} events`)
      t.ok(echoes() > 20, `${echoes()} echoes`)
      t.ok(ticks > 5, `${ticks} ticks`)
    },
  )

  nativeTest(`${sight}: a poller without events does not hold Node up`, async (t, libc, defer) => {
    let expired = 0
    const counting: Libc = {
      ...libc,
      epollWait: (epoll, events, count, timeoutMs) => {
        const found = libc.epollWait(epoll, events, count, timeoutMs)
        if (timeoutMs > 0 && found === 0) expired++
        return found
      },
    }
    const poller = made(counting, defer, loop)
    const { from, ring } = bells(libc, defer).make()
    let seen = 0
    poller.watch(from, () => seen++)
    const echoes = await echoing(defer)
    const ringing = setInterval(ring, 5)
    await eventually(() => echoes() > 500 && seen > 5)
    clearInterval(ringing)
    // The echo never leaves this process, so there is always something for Node.
    t.ok(expired < 5, `${echoes()} echoes, ${expired} waits in vain`)
    t.ok(seen > 5)
  })
}

nativeTest(
  'after `close` nothing is watched, and what was put off still runs',
  async (t, libc, defer) => {
    const before = process.listenerCount('exit')
    const [one, two] = [createPoller(libc), createPoller(libc)]
    t.equal(process.listenerCount('exit'), before + 1, 'however many there are')
    const { from, ring } = bells(libc, defer).make()
    let seen = 0
    let ran = 0
    one.watch(from, () => seen++)
    two.watch(from, () => seen++)
    await untilItWaits()
    two.soon(() => ran++)
    for (const poller of [one, two]) {
      poller.close()
      poller.close()
      poller.soon(() => ran++)
      t.equal(
        poller.watch(from, () => seen++),
        -ERRNO.EBADF,
      )
      poller.unwatch(from)
    }
    ring()
    await eventually(() => ran === 3 && process.listenerCount('exit') === before)
    t.equal(seen, 0)
    t.equal(ran, 3)
    t.equal(process.listenerCount('exit'), before)
  },
)

nativeTest('a handler may close the poller', async (t, libc, defer) => {
  const poller = createPoller(libc)
  const pipes = bells(libc, defer)
  let seen = 0
  for (const { from, ring } of [pipes.make(), pipes.make()]) {
    poller.watch(from, () => {
      seen++
      poller.close()
    })
    ring()
  }
  await untilItWaits()
  t.equal(seen, 1)
})

nativeTest('without descriptors createPoller throws and leaks nothing', (t, libc) => {
  t.throws(() => createPoller({ ...libc, epollCreate1: () => -ERRNO.EMFILE }), {
    code: 'EMFILE',
    syscall: 'epoll_create1',
  })
  t.throws(() => createPoller({ ...libc, eventfd: () => -ERRNO.ENFILE }), {
    code: 'ENFILE',
    syscall: 'eventfd',
  })
})

nativeTest('a process with a poller exits normally', async t => {
  const child = (what: string, env: Readonly<Record<string, string>> = {}) =>
    new Promise<{ status: number | string | null; stdout: string }>(resolve => {
      const main = new URL('../fixtures/poller-child.ts', import.meta.url).pathname
      const node = spawn(process.execPath, [COMPILED, main, what], {
        env: { ...process.env, NODE_OPTIONS: '', ...env },
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      let stdout = ''
      node.stdout.on('data', chunk => (stdout += String(chunk)))
      const timer = setTimeout(() => node.kill('SIGKILL'), 20_000)
      node.on('close', (code, signal) => {
        clearTimeout(timer)
        resolve({ status: code ?? signal, stdout })
      })
    })
  const ways = {
    exit: 4,
    throw: 1,
    unwatch: 0,
    close: 0,
    signal: 'SIGTERM',
    'exit-in-handler': 4,
    'exit-at-once': 4,
    'throw-at-once': 1,
  }
  await inParallel(Object.keys(ways).length, 4, async i => {
    const [what, status] = Object.entries(ways)[i] ?? ['', 0]
    t.equal((await child(what)).status, status, what)
  })
  const { stdout } = await child('cpu-when-idle')
  t.ok(Number(stdout) < 50_000, `${stdout.trim()} us of CPU in an idle second`)
  const alone = await child('file-when-idle', { UV_THREADPOOL_SIZE: '1' })
  t.match(alone, { status: 0, stdout: 'read' }, 'the only thread of a pool is shared')
})
