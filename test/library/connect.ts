import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TraceEntry } from '../../src/eyeballs/race/types.ts'
import type { AddrInfo } from '../../src/library/addr-info.ts'
import type { ConnectOptions } from '../../src/library/connect.ts'
import { connect, startConnection } from '../../src/library/connect.ts'
import { isRaceError } from '../../src/library/race-error.ts'
import { allArrived } from '../fixtures/all-arrived.ts'
import { exitOf, own, within } from '../fixtures/children.ts'
import { COMPILED } from '../fixtures/compiled.ts'
import { createDnsServer } from '../fixtures/dns-server.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import {
  infoOf,
  listening,
  refusing,
  rejection,
  silent,
  startsIn,
} from '../fixtures/library-races.ts'
import { testLeavingNothing } from '../fixtures/nothing-left.ts'
import { countSynSent } from '../fixtures/syn-sent.ts'

const dialled = async (options: ConnectOptions): Promise<string[]> => {
  const trace: TraceEntry[] = []
  const socket = await connect({ ...options, onTrace: entry => trace.push(entry) })
  socket.destroy()
  return startsIn(trace).map(({ address }) => address)
}

testLeavingNothing('localhost is both loopback addresses', async (t, owner) => {
  const { port } = await listening(owner)
  t.same((await dialled({ host: 'localhost', port })).toSorted(), ['127.0.0.1', '::1'])
  t.same((await dialled({ host: 'db.LOCALHOST.', port })).at(-1), '127.0.0.1')
  const { code, attempts } = (await rejection(
    connect({ host: 'localhost', port: (await refusing()).port }),
  )) as { code: string; attempts: { address: string }[] }
  t.equal(code, 'ECONNREFUSED')
  t.same(attempts.map(({ address }) => address).toSorted(), ['127.0.0.1', '::1'])
})

testLeavingNothing('an address as host, in brackets or not, with a zone', async (t, owner) => {
  const { port } = await listening(owner)
  const six = await listening(owner, '::1')
  t.same(await dialled({ host: '127.0.0.1', port }), ['127.0.0.1'])
  t.same(await dialled({ host: '::ffff:127.0.0.1', port }), ['127.0.0.1'])
  t.same(await dialled({ host: '::1', port: six.port }), ['::1'])
  t.same(await dialled({ host: '[::1]', port: six.port }), ['::1'])
  t.same(await dialled({ host: '::1%lo', port: six.port }), ['::1%lo'])
  const error = await rejection(connect({ host: '[::1]', port: (await refusing('::1')).port }))
  if (!isRaceError(error)) throw error
  t.equal(error.host, '::1')
  t.equal(error.dns.length, 1, 'one family is asked for')
})

testLeavingNothing('a plain socket, as early bytes and half-open go', async (t, owner) => {
  const server = await listening(owner)
  const accepted = server.accepted()
  const socket = await connect({ host: 'localhost', port: server.port })
  ;(await accepted).end('hello')
  t.equal(socket.allowHalfOpen, false)
  t.equal(socket.timeout, undefined)
  t.same([socket.listenerCount('error'), socket.listenerCount('timeout')], [0, 0])
  const [data] = (await once(socket, 'data')) as [Buffer]
  t.equal(String(data), 'hello')
  await once(socket, 'close')
})

testLeavingNothing('addresses skip the lookup, host and port may be left out', async (t, owner) => {
  const server = await listening(owner)
  const { port } = server
  const dead = await refusing('::1')
  const texts = [`[::1]:${dead.port}`, `127.0.0.1:${port}`]
  t.same(await dialled({ addresses: texts }), ['::1', '127.0.0.1'])
  t.same(await dialled({ addresses: ['127.0.0.1'], port }), ['127.0.0.1'])
  t.same(await dialled({ addresses: [infoOf(server)], host: 'nobody.asks.example', port: 1 }), [
    '127.0.0.1',
  ])
  const error = await rejection(connect({ addresses: [`[::1]:${dead.port}`], host: 'h.example' }))
  if (!isRaceError(error)) throw error
  t.match(error, { host: 'h.example', port: null, dns: [], code: 'ECONNREFUSED' })
})

testLeavingNothing('options that make no sense reject', async t => {
  const of = (options: unknown): Promise<unknown> => rejection(connect(options as ConnectOptions))
  const is = async (options: unknown, message: string | RegExp): Promise<void> => {
    t.match(await of(options), { code: 'ERR_INVALID_ARG', message })
  }
  await is(undefined, /^options is undefined/)
  await is({}, 'options.host is undefined: a name or an IP address is allowed')
  await is({ host: 'localhost' }, /^options\.port is undefined: a whole number from 1 to 65535/)
  await is({ host: 'localhost', port: 0 }, /^options\.port is 0/)
  await is({ host: 'localhost', port: '80' }, /^options\.port is '80'/)
  await is({ host: 7, port: 80 }, /^options\.host is 7/)
  await is({ host: 'a..b', port: 80 }, /^options\.host is 'a\.\.b': .*has an empty label/)
  await is({ host: '127.1', port: 80 }, /its last label is a number/)
  await is({ host: '', port: 80 }, /it is empty/)
  await is({ host: 'localhost', port: 80, timeoutMs: -1 }, /^options\.timeoutMs is -1/)
  await is({ addresses: [] }, /^options\.addresses is \[\]/)
  await is({ addresses: ['127.0.0.1'] }, /^options\.addresses\[0\] is '127\.0\.0\.1'/)
  await is({ addresses: ['127.0.0.1:1'], port: 0 }, /^options\.port is 0/)
  await is({ addresses: ['127.0.0.1:1'], host: '' }, /^options\.host is ''/)
})

testLeavingNothing('30 s for lookup and race by default', async (t, owner) => {
  const server = await listening(owner)
  const deadlines = async (options: ConnectOptions): Promise<number[]> => {
    const trace: TraceEntry[] = []
    ;(await connect({ ...options, onTrace: entry => trace.push(entry) })).destroy()
    return trace.flatMap(entry =>
      'command' in entry && entry.command.type === 'wake-at' ? entry.command.at : [],
    )
  }
  // The time may run from the call or from the race, which begins a moment later on a busy machine.
  const isAbout =
    (ms: number) =>
    (at: number): boolean =>
      Math.abs(at - ms) < 2000
  const { port } = server
  t.ok((await deadlines({ host: '127.0.0.1', port })).some(isAbout(30_000)))
  t.ok((await deadlines({ addresses: ['127.0.0.1'], port })).some(isAbout(30_000)))
  t.ok((await deadlines({ host: '127.0.0.1', port, timeoutMs: 7000 })).some(isAbout(7000)))
  t.same(await deadlines({ addresses: ['127.0.0.1'], port, timeoutMs: null }), [])
})

testLeavingNothing('an idle library keeps no process alive', async (t, owner) => {
  const { port } = await listening(owner)
  const dns = await createDnsServer({ 'www.example.com': { addresses: ['127.0.0.1'], ttl: 1 } })
  owner.teardown(dns.close)
  const source = (path: string): string =>
    JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href)
  const script = `
    import { connect, startConnection } from ${source('index.ts')}
    import { checkOptions } from ${source('library/race-options.ts')}
    import { createRaceName } from ${source('library/races.ts')}
    const raceName = createRaceName({ servers: ['${dns.address}'], search: [] })
    for (let i = 0; i < 3; i++) {
      ;(await connect({ host: 'localhost', port: ${port} })).destroy()
      ;(await startConnection([{ family: 4, address: '127.0.0.1', port: ${port} }])).destroy()
    }
    await connect({ host: 'localhost', port: 1 }).catch(() => {})
    const target = { host: 'www.example.com', port: ${port} }
    ;(await raceName(target, checkOptions({}, null))).destroy()
    process.on('exit', () => console.log('at ease'))
  `
  const child = own(
    spawn(process.execPath, [COMPILED, '--input-type=module', '-e', script], {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  )
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += String(chunk)))
  const ended = exitOf(child)
  t.same(await within(20_000, 'the child ends by itself', ended), { code: 0, signal: null })
  t.equal(said, 'at ease\n')
  t.equal(dns.count('www.example.com'), 2, 'A and AAAA were asked for')
})

testLeavingNothing('the first that connects wins, and is a plain socket', async (t, owner) => {
  const server = await listening(owner)
  const trace: TraceEntry[] = []
  const socket = await startConnection([await refusing('::1'), infoOf(server)], {
    onTrace: entry => trace.push(entry),
  })
  t.equal(socket.remotePort, server.port)
  t.equal(socket.readableFlowing, null)
  t.same(
    [socket.listenerCount('error'), socket.listenerCount('close'), socket.timeout],
    [0, 0, undefined],
  )
  t.same(
    startsIn(trace).map(({ address }) => address),
    ['::1', '127.0.0.1'],
  )
  t.match(trace.at(0), { event: { type: 'wake' } })
  t.match(trace.at(-1), { command: { type: 'won', id: 2 } })
  socket.destroy()
})

testLeavingNothing('arguments that make no sense reject', async t => {
  const bad = (addrInfos: unknown, options?: unknown): Promise<unknown> =>
    rejection(startConnection(addrInfos as AddrInfo[], options as object))
  const good = [{ family: 4, address: '192.0.2.1', port: 1 }]
  t.match(await bad([]), {
    code: 'ERR_INVALID_ARG',
    message: 'addrInfos is []: a list of at least one address is allowed',
  })
  t.match(await bad(undefined), { message: /^addrInfos is undefined/ })
  t.match(await bad([{ ...good[0], port: 0 }]), { message: /^addrInfos\[0\]\.port is 0/ })
  t.match(await bad(good, { timeoutMs: 'long' }), { message: /^options\.timeoutMs/ })
  t.match(await bad(good, null), { message: /^options is null/ })
})

testLeavingNothing("a failure says what Node's own connect would say", async t => {
  const targets = [await refusing('::1'), await refusing()]
  const says = async ({ address: host, port }: AddrInfo): Promise<unknown> =>
    new Promise(resolve => new Socket().connect({ host, port }).once('error', resolve))
  const nodes = (await Promise.all(targets.map(says))) as Error[]
  const error = await rejection(startConnection(targets))
  t.match(error, {
    name: 'RaceError',
    code: 'ECONNREFUSED',
    message: `Multiple exceptions: ${nodes.map(({ message }) => message).join(', ')}`,
    cause: { message: nodes[0]?.message, syscall: 'connect' },
  })
  const alone = await rejection(startConnection(targets.slice(0, 1)))
  t.match(alone, { message: nodes[0]?.message })
})

testLeavingNothing("a failure says what a caller's socket said", async t => {
  const error = await rejection(
    startConnection([await refusing(), await refusing()], {
      socketFactory: ({ port }) => {
        const socket = new Socket()
        socket.connect = () => {
          const said = Object.assign(new Error(`no tunnel to ${port > 0}`), { syscall: 'tunnel' })
          process.nextTick(() => socket.destroy(said))
          return socket
        }
        return socket
      },
    }),
  )
  t.match(error, { name: 'RaceError', message: 'no tunnel to true' })
})

testLeavingNothing(
  'one after the other with null, each when the one before has failed',
  async (t, owner) => {
    const server = await listening(owner)
    const hole = await silent(owner)
    const trace: TraceEntry[] = []
    const list = [hole, await refusing(), await refusing('::1'), infoOf(server)]
    const socket = await startConnection(list, {
      happyEyeballsDelayMs: null,
      attemptTimeoutMs: 60,
      onTrace: entry => trace.push(entry),
    })
    const starts = startsIn(trace)
    t.same(
      starts.map(({ address }) => address),
      list.map(({ address }) => address),
      'in the order given',
    )
    const gaps = starts.slice(1).map(({ at }, i) => at - (starts[i]?.at ?? 0))
    t.ok((gaps[0] ?? 0) >= 60, 'nothing started beside the silent one')
    t.ok(
      gaps.every(gap => gap >= 10),
      'the floor of RFC 8305 section 5 holds here too',
    )
    socket.destroy()
  },
)

testLeavingNothing('staggered, interleaved; a delay below 10 is 10', async (t, owner) => {
  const server = await listening(owner)
  const holes = await Promise.all([silent(owner, '::1'), silent(owner, '::1'), silent(owner)])
  const trace: TraceEntry[] = []
  const socket = await startConnection([...holes, infoOf(server)], {
    happyEyeballsDelayMs: 0,
    interleave: 1,
    onTrace: entry => trace.push(entry),
  })
  const starts = startsIn(trace)
  t.same(
    starts.map(({ address }) => address),
    ['::1', '127.0.0.1', '::1', '127.0.0.1'],
  )
  const gaps = starts.slice(1).map(({ at }, i) => at - (starts[i]?.at ?? 0))
  t.ok(gaps.every(gap => gap >= 10))
  t.same(
    holes.map(({ port }) => countSynSent(port)),
    [0, 0, 0],
    'the losers are gone',
  )
  socket.destroy()
})

testLeavingNothing('nobody connects: an error with its parts', async t => {
  const list = [await refusing('::1'), await refusing()]
  const error = await rejection(startConnection(list))
  if (!isRaceError(error)) throw error
  t.equal(error.code, 'ECONNREFUSED')
  const [six, four] = list
  t.equal(
    error.message,
    `Multiple exceptions: connect ECONNREFUSED ::1:${six?.port}, connect ECONNREFUSED 127.0.0.1:${four?.port}`,
  )
  t.same([error.host, error.port, error.dns], [null, null, []])
  t.match(error.attempts, [
    { n: 1, address: '::1', family: 6, outcome: 'failed', code: 'ECONNREFUSED' },
    { n: 2, address: '127.0.0.1', family: 4, outcome: 'failed', code: 'ECONNREFUSED' },
  ])
  t.equal(error.cause, error.attempts[0]?.error)
  t.match(error.cause, { syscall: 'connect', address: '::1' })
  t.not(error, error.cause)
})

testLeavingNothing('timeoutMs is ETIMEDOUT, whatever else failed', async (t, owner) => {
  const list = [await refusing(), await silent(owner), await silent(owner, '::1')]
  const error = await rejection(startConnection(list, { timeoutMs: 100, happyEyeballsDelayMs: 20 }))
  if (!isRaceError(error)) throw error
  t.equal(error.code, 'ETIMEDOUT')
  t.same(
    error.attempts.map(({ code }) => code),
    ['ECONNREFUSED', 'ETIMEDOUT', 'ETIMEDOUT'],
  )
  t.same(
    list.map(({ port }) => countSynSent(port)),
    [0, 0, 0],
  )
  const atOnce = await rejection(startConnection(list, { timeoutMs: 0 }))
  t.match(atOnce, { name: 'RaceError', code: 'ETIMEDOUT', attempts: [] })
})

testLeavingNothing('an abort rejects with its reason, every socket closed', async (t, owner) => {
  const holes = [await silent(owner), await silent(owner, '::1')]
  const made: Socket[] = []
  let closed = 0
  const socketFactory = (): Socket => {
    const socket = new Socket()
    made.push(socket)
    return socket.once('close', () => closed++)
  }
  const controller = new AbortController()
  const reason = { why: 'the user left' }
  const race = startConnection(holes, {
    signal: controller.signal,
    socketFactory,
    happyEyeballsDelayMs: 10,
  })
  while (made.length < 2) await sleep(5)
  controller.abort(reason)
  t.same(
    holes.map(({ port }) => countSynSent(port)),
    [0, 0],
    'gone at once',
  )
  t.equal(await rejection(race), reason)
  t.equal(closed, 2)
  t.equal(isRaceError(reason), false)
})

testLeavingNothing('an aborted signal makes no socket', async t => {
  const reason = new Error('too late')
  const race = startConnection([{ family: 4, address: '127.0.0.1', port: 9 }], {
    signal: AbortSignal.abort(reason),
    socketFactory: () => t.fail('no socket') as never,
    onTrace: () => t.fail('no race'),
  })
  t.equal(await rejection(race), reason)
  const late = AbortSignal.timeout(1)
  while (!late.aborted) await sleep(1)
  const timedOut = startConnection([{ family: 4, address: '127.0.0.1', port: 9 }], { signal: late })
  t.match(await rejection(timedOut), { name: 'TimeoutError' })
})

testLeavingNothing(
  'the signal keeps no listener, and may abort after the win',
  async (t, owner) => {
    const server = await listening(owner)
    const controller = new AbortController()
    let listeners = 0
    const { signal } = controller
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--
      remove(...args)
    }
    const socket = await startConnection([infoOf(server)], { signal })
    t.equal(listeners, 0)
    controller.abort()
    t.equal(socket.destroyed, false)
    socket.destroy()
  },
)

testLeavingNothing('what onTrace throws ends the race', async (t, owner) => {
  const server = await listening(owner)
  const hole = await silent(owner, '::1')
  for (const type of ['wake', 'connect', 'connected', 'won']) {
    const thrown = new Error(`at ${type}`)
    const race = startConnection([hole, infoOf(server)], {
      happyEyeballsDelayMs: 10,
      onTrace: entry => {
        const step = 'event' in entry ? entry.event : entry.command
        if (step.type === type) throw thrown
      },
    })
    t.equal(await rejection(race), thrown, type)
    t.equal(countSynSent(hole.port), 0)
  }
  for (const socket of server.sockets) {
    socket.resume()
    if (!socket.destroyed) await new Promise(resolve => socket.once('close', resolve))
  }
})

testLeavingNothing('a factory that fails costs no delay', async (t, owner) => {
  const server = await listening(owner)
  const trace: TraceEntry[] = []
  let calls = 0
  const infos: AddrInfo[] = []
  const socketFactory = (info: AddrInfo): Socket => {
    infos.push(info)
    if (++calls < 4) throw new Error(`not ${calls}`)
    return new Socket()
  }
  const list = ['127.0.0.2', '127.0.0.3', '127.0.0.4'].map(address => ({
    ...infoOf(server),
    address,
  }))
  const socket = await startConnection([...list, infoOf(server)], {
    socketFactory,
    happyEyeballsDelayMs: 5000,
    onTrace: entry => trace.push(entry),
  })
  t.ok((startsIn(trace)[3]?.at ?? Infinity) < 1000, 'no delay was waited for')
  t.same(infos, [...list, infoOf(server)])
  socket.destroy()

  const error = await rejection(
    startConnection(list, {
      socketFactory: () => {
        throw new Error('never')
      },
    }),
  )
  t.match(error, { name: 'RaceError', code: 'ERR_SOCKET_FACTORY', message: 'never' })
})

testLeavingNothing(
  'two that connect in one tick: one winner, the other reset',
  async (t, owner) => {
    const one = await listening(owner)
    const two = await listening(owner, '::1')
    for (let tries = 0; two.sockets.length === 0 && tries < 50; tries++) {
      // Behind an immediate come the timers, then the sockets. The first connect(2) is called two ticks
      // on; the loop is held until the second is due: both are found made in the same turn, unless this
      // machine held the loop for so long that the timer is late and lets input go first.
      await new Promise(resolve => setImmediate(resolve))
      const race = startConnection([infoOf(one), infoOf(two)], { happyEyeballsDelayMs: 10 })
      await new Promise<void>(resolve => process.nextTick(() => process.nextTick(resolve)))
      const end = performance.now() + 12
      while (performance.now() < end);
      const socket = await race
      t.equal(socket.remotePort, one.port)
      socket.destroy()
      await allArrived()
    }
    t.ok(await eventually(() => two.sockets[0]?.destroyed === true))
    t.match(two.sockets[0]?.errored, { code: 'ECONNRESET' })
    t.equal(two.sockets[0]?.bytesRead, 0)
  },
)

testLeavingNothing('from a local address', async (t, owner) => {
  const server = await listening(owner)
  const list = [await refusing('::1'), infoOf(server)]
  const four = { family: 4, address: '127.0.0.9', port: 0 } as const
  const socket = await startConnection(list, { localAddrInfos: [four] })
  t.equal(socket.localAddress, '127.0.0.9')
  socket.destroy()
  const error = await rejection(startConnection(list, { localAddrInfos: [] }))
  t.match(error, { name: 'RaceError', code: 'EADDRNOTAVAIL', attempts: { length: 2 } })
})
