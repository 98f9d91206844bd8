import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import type { Server, Socket } from 'node:net'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { ListenAddress } from '../../src/core/listen-address.ts'
import type { Bound } from '../../src/net/bound.ts'
import { listen } from '../../src/net/listen.ts'
import { makeSocketDir } from '../fixtures/socket-dir.ts'

const tcp = (host: string, port = 0): ListenAddress => ({ type: 'tcp', host, port })

const portOf = ({ address }: Bound): number => (address.type === 'tcp' ? address.port : 0)

const dial = async (bound: Bound): Promise<Socket> => {
  const { address } = bound
  const socket = connect(
    address.type === 'unix'
      ? { path: address.path }
      : { host: address.host, port: address.port, allowHalfOpen: true },
  )
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** Listens, and collects what is accepted. */
const open = async (address: ListenAddress) => {
  const sockets: Socket[] = []
  const bound = await listen(address, { onConnection: socket => sockets.push(socket) })
  const accepted = async (count = 1): Promise<Socket> => {
    while (sockets.length < count) await sleep(1)
    return sockets[count - 1] as Socket
  }
  return { bound, accepted }
}

void t.test('port 0 takes a free one and tells it', async t => {
  const { bound } = await open(tcp('127.0.0.1'))
  t.match(bound.address, { type: 'tcp', host: '127.0.0.1' })
  t.ok(portOf(bound) > 0)
  await bound.close()
})

void t.test('what is accepted is paused, unread, half-open-able, and may fail', async t => {
  const { bound, accepted } = await open(tcp('127.0.0.1'))
  const client = await dial(bound)
  client.end('early')
  const socket = await accepted()
  await sleep(20)
  t.equal(socket.isPaused(), true)
  t.equal(socket.bytesRead, 0)
  socket.resume()
  await once(socket, 'end')
  t.equal(socket.writable, true)
  socket.emit('error', new Error('nobody hears it, and the process goes on'))
  socket.destroy()
  client.destroy()
  await bound.close()
})

void t.test('IPv4 and IPv6 do not clash on one port', async t => {
  for (const [v6, v4] of [
    ['::1', '127.0.0.1'],
    ['::', '0.0.0.0'],
  ] as const) {
    const six = await listen(tcp(v6), { onConnection: socket => socket.destroy() })
    const four = await listen(tcp(v4, portOf(six)), { onConnection: socket => socket.destroy() })
    t.equal(portOf(four), portOf(six), `${v6} and ${v4}`)
    await six.close()
    await four.close()
  }
})

void t.test('a port that is taken, an address of another host', async t => {
  const { bound } = await open(tcp('127.0.0.1'))
  const options = { onConnection: () => t.fail('nobody dials') }
  const taken = `127.0.0.1:${portOf(bound)}`
  await t.rejects(listen(bound.address, options), {
    code: 'EADDRINUSE',
    message: `cannot listen on ${taken}: another process or listener is there already`,
    address: taken,
  })
  await t.rejects(listen(tcp('203.0.113.1', 1080), options), {
    code: 'EADDRNOTAVAIL',
    message: 'cannot listen on 203.0.113.1:1080: this host has no such address',
  })
  await bound.close()
})

void t.test('closed: nobody is accepted any more, and who was lives on', async t => {
  const { bound, accepted } = await open(tcp('127.0.0.1'))
  const client = await dial(bound)
  const socket = await accepted()
  const closing = bound.close()
  t.equal(bound.close(), closing, 'a second call is the first one')
  await closing
  const late = connect({ host: '127.0.0.1', port: portOf(bound) })
  const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException]
  t.equal(error.code, 'ECONNREFUSED')
  const heard = once(client, 'data')
  socket.write('still here')
  t.equal(String((await heard)[0]), 'still here')
  const again = await listen(bound.address, { onConnection: () => {} })
  t.equal(portOf(again), portOf(bound), 'the port is free at once')
  await again.close()
  socket.destroy()
  client.destroy()
})

void t.test('a UNIX socket', async t => {
  const dir = makeSocketDir(t)
  const path = join(dir, 's')
  const { bound, accepted } = await open({ type: 'unix', path })
  const client = await dial(bound)
  const socket = await accepted()
  t.equal(socket.isPaused(), true)
  await t.rejects(listen(bound.address, { onConnection: () => {} }), {
    code: 'EADDRINUSE',
    message: `cannot listen on unix:${path}: another process answers there`,
  })
  await t.rejects(
    listen({ type: 'unix', path: join(dir, 't') }, { group: 'no-such', onConnection: () => {} }),
    { code: 'ERR_CONFIG', message: /^cannot listen on unix:.*: the group "no-such" is not in/ },
  )
  // The question above, whether somebody answers, was a connection too.
  for (const used of [socket, await accepted(2), client]) used.destroy()
  await bound.close()
  t.same(readdirSync(dir), [])
})

void t.test('an error of accepting is told and ends nothing', async t => {
  const servers: Server[] = []
  const diagnosed = (message: unknown): void => {
    servers.push((message as { readonly server: Server }).server)
  }
  subscribe('tracing:net.server.listen:asyncEnd', diagnosed)
  t.teardown(() => unsubscribe('tracing:net.server.listen:asyncEnd', diagnosed))
  const heard: string[] = []
  const told = await listen(tcp('127.0.0.1'), {
    onConnection: () => {},
    onError: error => heard.push(error.message),
  })
  const untold = await listen(tcp('127.0.0.1'), { onConnection: () => {} })
  for (const server of servers) server.emit('error', new Error('accept ENFILE'))
  t.same(heard, ['accept ENFILE'])
  await told.close()
  await untold.close()
})
