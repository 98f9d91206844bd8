import { once } from 'node:events'
import { Socket, createServer, connect as netConnect } from 'node:net'
import { join } from 'node:path'
import type { Test } from 'tap'
import t from 'tap'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connect, Connected, Endpoint, NotConnected } from '../../../src/net/network.ts'
import type { LocalEnd, PlainConnect } from '../../../src/net/node/plain-connect.ts'
import {
  connectPath,
  createBoundConnect,
  createFailedSocket,
  createPlainConnect,
} from '../../../src/net/node/plain-connect.ts'
import { errorOf } from '../../fixtures/ask-http.ts'
import type { Owner } from '../../fixtures/children.ts'
import { createBlackHole } from '../../fixtures/create-black-hole.ts'
import { eventually } from '../../fixtures/in-parallel.ts'
import { testLeavingNothing } from '../../fixtures/nothing-left.ts'
import { makeSocketDir } from '../../fixtures/socket-dir.ts'
import { countSynSent } from '../../fixtures/syn-sent.ts'
import type { TcpServer } from '../../fixtures/tcp-server.ts'
import { createTcpServer } from '../../fixtures/tcp-server.ts'

const hasInterface = (name: string): boolean => name === 'lo'

const settled = ({ connect }: PlainConnect, endpoint: Endpoint) =>
  new Promise<Connected<Socket> | NotConnected>(resolve => {
    connect(endpoint, resolve)
  })

const connected = async (plain: PlainConnect, endpoint: Endpoint): Promise<Connected<Socket>> => {
  const result = await settled(plain, endpoint)
  if (!result.ok) throw new Error(result.message)
  return result
}

const listening = async (owner: Owner, address = '127.0.0.1'): Promise<TcpServer> => {
  const server = await createTcpServer(address)
  owner.teardown(server.close)
  return server
}

const at = ({ address, port }: { address: string; port: number }): Endpoint => ({
  address,
  family: address.includes(':') ? 6 : 4,
  port,
})

/** Listeners by name, as `net.connect` leaves them. */
const listenersOf = (socket: Socket): unknown =>
  socket.eventNames().map(name => [name, socket.listenerCount(name)])

testLeavingNothing('a socket is as net.connect would give it', async (t, owner) => {
  const server = await listening(owner)
  const plain = createPlainConnect({ hasInterface })
  const { socket } = await connected(plain, at(server))
  const reference = netConnect({ port: server.port, host: server.address })
  await once(reference, 'connect')
  t.same(listenersOf(socket), listenersOf(reference))
  for (const key of ['readableFlowing', 'allowHalfOpen', 'timeout', 'pending'] as const) {
    t.equal(socket[key], reference[key], key)
  }
  t.equal(socket.isPaused(), false)
  t.equal(socket.readableHighWaterMark, reference.readableHighWaterMark)
  socket.destroy()
  reference.destroy()
  await plain.allClosed()
})

testLeavingNothing('bytes that came early are there for who reads late', async (t, owner) => {
  const server = await listening(owner)
  const accepted = server.accepted()
  const { socket } = await connected(createPlainConnect({ hasInterface }), at(server))
  ;(await accepted).write('early')
  while (socket.readableLength === 0) await new Promise(resolve => setTimeout(resolve, 1))
  t.equal(socket.readableFlowing, null)
  const [data] = (await once(socket, 'data')) as [Buffer]
  t.equal(String(data), 'early')
  socket.destroy()
})

testLeavingNothing("a factory's own socket is the one that connects", async (t, owner) => {
  const server = await listening(owner)
  const made: Socket[] = []
  const asked: Endpoint[] = []
  const plain = createPlainConnect({
    hasInterface,
    makeSocket: endpoint => {
      asked.push(endpoint)
      made.push(new Socket({ allowHalfOpen: true }).setNoDelay(true).setKeepAlive(true, 5000))
      return made.at(-1) as Socket
    },
  })
  const { socket } = await connected(plain, at(server))
  t.equal(socket, made[0])
  t.same(asked, [at(server)])
  t.equal(socket.allowHalfOpen, true)
  socket.destroy()
})

const failures = async (t: Test, makeSocket: () => Socket): Promise<NotConnected> => {
  const plain = createPlainConnect({ hasInterface, makeSocket })
  const result = await settled(plain, { address: '127.0.0.1', family: 4, port: 9 })
  t.match(result, { ok: false, sent: false })
  await plain.allClosed()
  return result as NotConnected
}

testLeavingNothing('what a factory throws is a failed attempt', async t => {
  const bare = new Error('no socket today')
  const coded = Object.assign(new Error('not allowed'), { code: 'EPERM' })
  const thrower = (thrown: unknown) => (): Socket => {
    throw thrown
  }
  const first = await failures(t, thrower(bare))
  t.match(first, { code: 'ERR_SOCKET_FACTORY', message: 'no socket today' })
  t.equal(first.error, bare)
  t.match(await failures(t, thrower(coded)), { code: 'EPERM', message: 'not allowed' })
  t.match(await failures(t, thrower('nothing')), {
    code: 'ERR_SOCKET_FACTORY',
    message: 'a socket factory threw nothing',
    error: { cause: 'nothing' },
  })
})

testLeavingNothing('so is what can not be connected; it is left alone', async (t, owner) => {
  const server = await listening(owner)
  const open = netConnect(server.port, server.address)
  await once(open, 'connect')
  const connecting = netConnect(server.port, server.address)
  const destroyed = new Socket().destroy()
  for (const [found, word] of [
    [undefined, 'a value of type undefined'],
    [null, 'null'],
    [Promise.resolve(), 'a value of type object'],
    [open, 'a socket that is connected'],
    [connecting, 'a socket that is connecting'],
    [destroyed, 'a socket that is destroyed'],
  ] as const) {
    const { message, code } = await failures(t, () => found as Socket)
    t.equal(code, 'ERR_SOCKET_FACTORY')
    t.equal(message, `a socket factory returned ${word}: an unconnected net.Socket is wanted`)
  }
  t.equal(open.destroyed, false)
  await once(connecting, 'connect')
  open.destroy()
  connecting.destroy()
})

testLeavingNothing(
  'from a local address; each failed bind makes a new socket',
  async (t, owner) => {
    const server = await listening(owner)
    const made: Socket[] = []
    const makeSocket = (): Socket => {
      made.push(new Socket())
      return made.at(-1) as Socket
    }
    const taken = await listening(owner, '127.0.0.4')
    const locals = [
      { address: '192.0.2.1', family: 4, port: 0 },
      { address: '127.0.0.4', family: 4, port: taken.port },
      { address: '127.0.0.3', family: 4, port: 0 },
    ] as const
    const plain = createPlainConnect({ hasInterface, makeSocket, locals })
    const { socket, local } = await connected(plain, at(server))
    t.equal(local.address, '127.0.0.3')
    t.equal(made.length, 3)
    t.same(
      made.map(({ destroyed }) => destroyed),
      [true, true, false],
    )
    t.equal(made[2], socket)
    await plain.allClosed()
    socket.destroy()

    const none = createPlainConnect({ hasInterface, locals: locals.slice(0, 2) })
    t.match(await settled(none, at(server)), {
      ok: false,
      code: 'EADDRNOTAVAIL',
      sent: false,
      message: `connect EADDRNOTAVAIL 127.0.0.1:${server.port}: bind EADDRNOTAVAIL 192.0.2.1, bind EADDRINUSE 127.0.0.4:${taken.port}`,
    })
    await none.allClosed()
  },
)

testLeavingNothing('a local port is bound too', async (t, owner) => {
  const server = await listening(owner)
  const spare = await createTcpServer('127.0.0.5')
  await spare.close()
  const locals = [{ address: '127.0.0.5', family: 4, port: spare.port }] as const
  const { socket, local } = await connected(
    createPlainConnect({ hasInterface, locals }),
    at(server),
  )
  t.same(local, { address: '127.0.0.5', port: spare.port })
  socket.resetAndDestroy()
})

testLeavingNothing('cancelled attempts are closed when allClosed resolves', async (t, owner) => {
  const hole = await createBlackHole()
  owner.teardown(hole.close)
  const made: Socket[] = []
  const plain = createPlainConnect({
    hasInterface,
    makeSocket: () => {
      made.push(new Socket())
      return made.at(-1) as Socket
    },
  })
  const cancels = [1, 2, 3].map(() => plain.connect(at(hole), () => t.fail('cancelled')))
  t.ok(await eventually(() => countSynSent(hole.port) === 3))
  let closed = 0
  for (const socket of made) socket.once('close', () => closed++)
  for (const cancel of cancels) cancel()
  await plain.allClosed()
  t.equal(closed, 3)
  t.equal(countSynSent(hole.port), 0)
})

testLeavingNothing('a connection that nobody wants is reset', async (t, owner) => {
  const server = await listening(owner)
  const accepted = server.accepted()
  const plain = createPlainConnect({ hasInterface })
  const { socket } = await connected(plain, at(server))
  const peer = await accepted
  const gone = once(peer.resume(), 'error')
  plain.reset(socket)
  t.match(await gone, [{ code: 'ECONNRESET' }])
  await plain.allClosed()
})

testLeavingNothing('a socket that its maker destroys is a failed attempt', async (t, owner) => {
  const server = await listening(owner)
  const hole = await createBlackHole()
  owner.teardown(hole.close)
  const impatient = createPlainConnect({
    hasInterface,
    makeSocket: () => {
      const socket = new Socket().setTimeout(20)
      return socket.once('timeout', () => socket.destroy())
    },
  })
  t.match(await settled(impatient, at(hole)), { ok: false, code: 'ECONNABORTED', sent: true })
  const own = new Error('my own limit')
  const outspoken = createPlainConnect({
    hasInterface,
    makeSocket: () => {
      const socket = new Socket().setTimeout(20)
      return socket.once('timeout', () => socket.destroy(own))
    },
  })
  const failure = await settled(outspoken, at(hole))
  t.match(failure, { code: 'ERR_SOCKET_FACTORY', message: 'my own limit', sent: true })
  t.equal(!failure.ok && failure.error, own)
  const fickle = createPlainConnect({
    hasInterface,
    makeSocket: () => {
      const socket = new Socket()
      return socket.once('connect', () => socket.destroy())
    },
  })
  t.match(await settled(fickle, at(server)), { ok: false, code: 'ECONNABORTED', sent: true })
  await impatient.allClosed()
  await fickle.allClosed()
})

testLeavingNothing('a socket that will not connect is closed', async t => {
  const stubborn = new (class extends Socket {
    override connect(): this {
      throw new Error('not me')
    }
  })()
  t.match(await failures(t, () => stubborn), { code: 'ERR_SOCKET_FACTORY', message: 'not me' })
  t.equal(stubborn.destroyed, true)
})

testLeavingNothing('an unknown zone makes no socket', async t => {
  const plain = createPlainConnect({ hasInterface, makeSocket: () => t.fail('no socket') as never })
  const endpoint = { address: 'fe80::1%no-such-zone', family: 6, port: 9 } as const
  t.match(await settled(plain, endpoint), { ok: false, code: 'ENETUNREACH', sent: false })
})

void t.test('a failed socket emits its error, and keeps nothing open', async t => {
  const before = process.getActiveResourcesInfo().length
  const socket = createFailedSocket()
  t.equal(socket.writable, true, 'agents take no other')
  const error = new Error('nobody won')
  const heard = new Promise(resolve => socket.once('error', resolve))
  socket.destroy(error)
  t.equal(await heard, error)
  t.equal(process.getActiveResourcesInfo().length, before)
  createFailedSocket().destroy(new Error('nobody hears this one'))
  await new Promise(setImmediate)
})

const never = new AbortController().signal

testLeavingNothing('a plain socket, with nothing of ours on it', async (t, owner) => {
  const path = join(makeSocketDir(owner), 's')
  const server = createServer(socket => socket.end('hi'))
  await once(server.listen(path), 'listening')
  owner.teardown(() => server.close())
  const socket = await connectPath(path, never)
  t.same(
    ['error', 'close', 'connect'].map(name => socket.listenerCount(name)),
    [0, 0, 0],
  )
  t.equal(String(await once(socket, 'data')), 'hi')
  socket.destroy()
})

testLeavingNothing("the system's own error, or the signal's reason", async (t, owner) => {
  const path = join(makeSocketDir(owner), 's')
  t.match(await errorOf(connectPath(path, never)), { code: 'ENOENT', syscall: 'connect' })
  const why = new Error('enough')
  t.equal(await errorOf(connectPath(path, AbortSignal.abort(why))), why)
  const ending = new AbortController()
  const left = errorOf(connectPath(path, ending.signal))
  ending.abort(why)
  t.equal(await left, why)
})

const target = { address: '192.0.2.1', family: 4, port: 443 } as const

const local = (address: string): LocalEnd => ({
  address,
  family: address.includes(':') ? 6 : 4,
  port: 0,
})

const bindFailure = ({ address }: LocalEnd): NotConnected => {
  const message = `bind EADDRNOTAVAIL ${address}`
  const error = Object.assign(new Error(message), { syscall: 'bind', code: 'EADDRNOTAVAIL' })
  return { ok: false, code: 'EADDRNOTAVAIL', message, sent: false, error }
}

type Result = Connected<string> | NotConnected

/** Local ends that can be bound connect, the others fail as the system says it. */
const createScript = (bindable: readonly string[]) => {
  const used: string[] = []
  const cancelled: string[] = []
  const from =
    (end: LocalEnd): Connect<string> =>
    (_, settle) => {
      used.push(end.address)
      const result: Result = bindable.includes(end.address)
        ? { ok: true, socket: end.address, local: end }
        : bindFailure(end)
      const timer = setTimeout(() => settle(result), 1)
      return () => {
        clearTimeout(timer)
        cancelled.push(end.address)
        return true
      }
    }
  return { used, cancelled, from }
}

const settledBy = (connect: Connect<string>): Promise<Result> =>
  new Promise(resolve => {
    let returned = false
    connect(target, result => {
      if (!returned) throw new Error('settled before connect had returned')
      resolve(result)
    })
    returned = true
  })

void t.test('the first of the family that can be bound is used', async t => {
  const script = createScript(['192.0.2.9'])
  const locals = ['2001:db8::1', '192.0.2.7', '192.0.2.9', '192.0.2.8'].map(local)
  t.match(await settledBy(createBoundConnect(locals, script.from)), { socket: '192.0.2.9' })
  t.same(script.used, ['192.0.2.7', '192.0.2.9'], 'of the other family none, beyond it none')
})

void t.test('without a local address of the family: EADDRNOTAVAIL, no packet sent', async t => {
  const script = createScript([])
  for (const locals of [[], [local('2001:db8::1')]]) {
    const result = await settledBy(createBoundConnect(locals, script.from))
    const message =
      'connect EADDRNOTAVAIL 192.0.2.1:443: there is no IPv4 address among the local ones'
    t.match(result, { ok: false, code: 'EADDRNOTAVAIL', sent: false, message, error: { message } })
    const cancel = createBoundConnect(locals, script.from)(target, () => t.fail('cancelled'))
    t.equal(cancel(), false)
    await sleep(1)
  }
  t.same(script.used, [])
})

void t.test('if none can be bound the message names each failure', async t => {
  const script = createScript([])
  const locals = ['192.0.2.7', '192.0.2.8'].map(local)
  const result = await settledBy(createBoundConnect(locals, script.from))
  t.match(result, {
    ok: false,
    code: 'EADDRNOTAVAIL',
    sent: false,
    message:
      'connect EADDRNOTAVAIL 192.0.2.1:443: bind EADDRNOTAVAIL 192.0.2.7, bind EADDRNOTAVAIL 192.0.2.8',
    error: { code: 'EADDRNOTAVAIL', cause: { message: 'bind EADDRNOTAVAIL 192.0.2.8' } },
  })
})

void t.test('a failure after bind ends the attempt', async t => {
  const refused: NotConnected = {
    ok: false,
    code: 'ECONNREFUSED',
    message: 'connect ECONNREFUSED',
    sent: true,
    error: Object.assign(new Error('connect ECONNREFUSED'), { syscall: 'connect' }),
  }
  const bare: NotConnected = { ok: false, code: 'ENETUNREACH', message: 'x', sent: false }
  for (const failure of [refused, bare]) {
    let calls = 0
    const from = (): Connect<string> => (_, settle) => {
      calls++
      process.nextTick(settle, failure)
      return () => false
    }
    const locals = ['192.0.2.7', '192.0.2.8'].map(local)
    t.equal(await settledBy(createBoundConnect(locals, from)), failure)
    t.equal(calls, 1)
  }
})

void t.test('cancelling ends the current attempt', async t => {
  const script = createScript([])
  const locals = ['192.0.2.7', '192.0.2.8'].map(local)
  const cancel = createBoundConnect(locals, script.from)(target, () => t.fail('cancelled'))
  while (script.used.length < 2) await sleep(1)
  t.equal(cancel(), true)
  t.same(script.cancelled, ['192.0.2.8'])
})
