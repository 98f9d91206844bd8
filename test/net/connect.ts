import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect as netConnect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Family } from '../../src/core/family.ts'
import { createConnect } from '../../src/net/connect.ts'
import type { Connected, NotConnected } from '../../src/net/types.ts'
import { createBlackHole } from '../fixtures/create-black-hole.ts'
import { countSynSent } from '../fixtures/syn-sent.ts'
import { createTcpServer } from '../fixtures/tcp-server.ts'

const connect = createConnect({ hasInterface: name => name === 'lo' })

const attempt = (
  address: string,
  port: number,
  begin = connect,
): Promise<Connected<Socket> | NotConnected> =>
  new Promise(resolve => {
    const family: Family = address.includes(':') ? 6 : 4
    let returned = false
    begin({ address, family, port }, result => {
      if (!returned) throw new Error('settled before connect had returned')
      resolve(result)
    })
    returned = true
  })

const connected = async (address: string, port: number): Promise<Connected<Socket>> => {
  const result = await attempt(address, port)
  if (!result.ok) throw new Error(result.message)
  return result
}

/** A port that nobody listens on. */
const freePort = async (): Promise<number> => {
  const server = await createTcpServer()
  await server.close()
  return server.port
}

void t.test('connects to a literal of either family, with a zone too', async t => {
  for (const [listening, literal] of [
    ['127.0.0.1', '127.0.0.1'],
    ['127.0.0.1', '::ffff:127.0.0.1'],
    ['::1', '::1'],
    ['::1', '::1%lo'],
  ] as const) {
    const server = await createTcpServer(listening)
    const accepted = server.accepted()
    const { socket, local } = await connected(literal, server.port)
    const { remotePort } = await accepted
    t.equal(local.port, remotePort, `${literal}: the local port is what the other end sees`)
    t.ok(literal.startsWith(local.address), local.address)
    socket.destroy()
    await server.close()
  }
})

void t.test('the socket is handed over paused, unread, and half-open-able', async t => {
  const server = await createTcpServer()
  const accepted = server.accepted()
  const { socket } = await connected('127.0.0.1', server.port)
  const peer = await accepted
  peer.end('early')
  await sleep(30)
  t.equal(socket.isPaused(), true)
  t.equal(socket.bytesRead, 0, 'not a byte was taken from the system')
  t.equal(socket.listenerCount('connect'), 0)
  const chunks: Buffer[] = []
  socket.on('data', chunk => chunks.push(chunk))
  const ended = once(socket, 'end')
  socket.resume()
  await ended
  t.equal(Buffer.concat(chunks).toString(), 'early')
  t.equal(socket.writable, true, 'FIN from there does not end what goes there')
  const heard = once(peer, 'data')
  socket.write('late')
  t.equal(String((await heard)[0]), 'late')
  socket.destroy()
  await server.close()
})

void t.test('an error after the hand-over does not end the process', async t => {
  const server = await createTcpServer()
  const accepted = server.accepted()
  const { socket } = await connected('127.0.0.1', server.port)
  ;(await accepted).resetAndDestroy()
  socket.resume()
  await new Promise(resolve => socket.once('close', resolve))
  t.ok(socket.errored)
  await server.close()
})

void t.test('refused: by the other end, so something was sent', async t => {
  const port = await freePort()
  const result = await attempt('127.0.0.1', port)
  t.match(result, {
    ok: false,
    code: 'ECONNREFUSED',
    message: `connect ECONNREFUSED 127.0.0.1:${port}`,
    sent: true,
    error: { code: 'ECONNREFUSED' },
  })
  t.match(await attempt('::1', port), {
    message: /^connect E[A-Z]+ \[::1\]:\d+$/,
  })
})

void t.test('refused by this host itself: nothing was sent', async t => {
  // TCP has no broadcast and no multicast: connect(2) says so by itself.
  for (const address of ['255.255.255.255', '224.0.0.1', 'ff02::1']) {
    t.match(await attempt(address, 80), { ok: false, code: /^E/, sent: false }, address)
  }
})

void t.test('a zone that does not exist is no route', async t => {
  t.same(await attempt('fe80::1%no-such-zone', 80), {
    ok: false,
    code: 'ENETUNREACH',
    message: 'connect ENETUNREACH [fe80::1%no-such-zone]:80',
    sent: false,
  })
  const cancel = connect({ address: 'fe80::1%no-such-zone', family: 6, port: 80 }, () =>
    t.fail('it was cancelled'),
  )
  t.equal(cancel(), false)
  await sleep(1)
})

void t.test('arguments that Node refuses are a failed attempt', async t => {
  t.match(await attempt('127.0.0.1', 70_000), {
    ok: false,
    code: 'ERR_SOCKET_BAD_PORT',
    sent: false,
  })
  const cancel = connect({ address: '127.0.0.1', family: 4, port: -1 }, () =>
    t.fail('it was cancelled'),
  )
  t.equal(cancel(), false)
  await sleep(1)
})

void t.test('no descriptor left (EMFILE): nothing was sent', async t => {
  const script = `
    import { openSync } from 'node:fs'
    import { createConnect } from ${JSON.stringify(new URL('../../src/net/connect.ts', import.meta.url).href)}
    const connect = createConnect({ hasInterface: () => true })
    try { for (;;) openSync('/dev/null') } catch {}
    connect({ address: '127.0.0.1', family: 4, port: 9 }, ({ code, sent }) => {
      process.stdout.write(JSON.stringify({ code, sent }))
      process.exit()
    })
  `
  const node = [process.execPath, '--import=tsx', '--input-type=module', '-e', script]
  const { stdout, stderr } = spawnSync('sh', ['-c', 'ulimit -n 64; exec "$@"', 'sh', ...node], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  t.equal(stdout, '{"code":"EMFILE","sent":false}', stderr)
})

void t.test('a socket that is connected to itself counts as refused', async t => {
  const port = await freePort()
  let self: Socket | undefined
  const toSelf = createConnect({
    hasInterface: () => true,
    // The system gives the port by chance; here it is asked for.
    open: options => (self = netConnect({ ...options, localPort: port })),
  })
  t.match(await attempt('127.0.0.1', port, toSelf), {
    ok: false,
    code: 'ECONNREFUSED',
    sent: true,
    message: `connect ECONNREFUSED 127.0.0.1:${port}`,
  })
  t.equal(self?.destroyed, true)
})

void t.test(
  'cancelled: SYN_SENT is gone when the call returns, and nothing settles (A3)',
  async t => {
    for (const address of ['127.0.0.1', '::1']) {
      const hole = await createBlackHole(address)
      const family: Family = address.includes(':') ? 6 : 4
      const settled = () => t.fail('it was cancelled')
      const cancels = [1, 2, 3].map(() => connect({ address, family, port: hole.port }, settled))
      await sleep(20)
      t.equal(countSynSent(hole.port), 3, 'three attempts wait')
      t.same(
        cancels.map(cancel => cancel()),
        [false, false, false],
      )
      t.equal(countSynSent(hole.port), 0)
      t.equal(cancels[0]?.(), false, 'again')
      await hole.close()
    }
  },
)

void t.test('cancelled at once: no connection is begun', async t => {
  const server = await createTcpServer()
  const cancel = connect({ address: '127.0.0.1', family: 4, port: server.port }, () =>
    t.fail('it was cancelled'),
  )
  t.equal(cancel(), false)
  await sleep(20)
  t.equal(server.sockets.length, 0)
  await server.close()
})

void t.test('cancelled when the connection is made and not told yet: reset', async t => {
  const server = await createTcpServer()
  const accepted = server.accepted()
  const cancel = connect({ address: '127.0.0.1', family: 4, port: server.port }, () =>
    t.fail('it was cancelled'),
  )
  // Two ticks on, connect(2) has been called, and over loopback that is all it takes.
  await new Promise<void>(resolve => process.nextTick(() => process.nextTick(resolve)))
  t.equal(cancel(), true)
  t.equal(cancel(), false)
  const peer = await accepted
  peer.resume()
  const [error] = (await once(peer, 'error')) as [NodeJS.ErrnoException]
  t.equal(error.code, 'ECONNRESET')
  t.equal(peer.bytesRead, 0)
  await server.close()
})

void t.test('after it has settled, cancelling does nothing', async t => {
  const server = await createTcpServer()
  const accepted = server.accepted()
  let cancel = (): boolean => true
  const result = await new Promise<Connected<Socket> | NotConnected>(resolve => {
    cancel = connect({ address: '127.0.0.1', family: 4, port: server.port }, resolve)
  })
  t.equal(cancel(), false)
  await accepted
  if (result.ok) {
    t.equal(result.socket.destroyed, false)
    result.socket.destroy()
  }
  await server.close()
})
