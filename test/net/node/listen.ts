import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readdirSync, readFileSync } from 'node:fs'
import type { Server, Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { IPPROTO_TCP, TCP_NODELAY } from '../../../src/libc/constants.ts'
import { loadLibc } from '../../../src/libc/load-libc.ts'
import { socketDescriptor } from '../../../src/libc/socket-descriptor.ts'
import { createListen } from '../../../src/net/node/listen.ts'
import { LISTEN_BACKLOG } from '../../../src/net/node/start-server.ts'
import { allArrived } from '../../fixtures/all-arrived.ts'
import { dial, openListener, portOf, tcp, testListen } from '../../fixtures/listen-cases.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { runProgram, unlessMissing } from '../../fixtures/programs.ts'
import { makeSocketDir } from '../../fixtures/socket-dir.ts'

const listen = createListen()

testListen(listen)

const loaded = loadLibc()
if (loaded.ok) testListen(createListen({ libc: loaded.libc }))

nativeTest('bound by the C library: Nagle’s algorithm is off', async (t, libc) => {
  const { bound, accepted } = await openListener(createListen({ libc }), tcp('127.0.0.1'))
  const client = await dial(bound)
  const socket = await accepted()
  const value = new Int32Array(1)
  libc.getsockopt(socketDescriptor(socket), IPPROTO_TCP, TCP_NODELAY, value)
  t.not(value[0], 0)
  client.destroy()
  socket.destroy()
  await bound.close()
})

nativeTest(
  'bound by the C library, a listener that is over is not set any more',
  async (t, libc) => {
    let over = 0
    const tuning = {
      accepted: () => t.fail('its listener has'),
      listening: () => () => void over++,
    }
    const own = createListen({ tuning, libc })
    const { bound } = await openListener(own, tcp('127.0.0.1'))
    await t.rejects(openListener(own, bound.address), { code: 'EADDRINUSE' })
    t.equal(over, 1)
    await bound.close()
    await bound.close()
    t.equal(over, 2)
  },
)

void t.test('a socket that is accepted is paused, and no byte of it was read', async t => {
  const sockets: Socket[] = []
  const bound = await listen(tcp('127.0.0.1'), { onConnection: socket => sockets.push(socket) })
  const client = await dial(bound)
  client.write('early')
  while (sockets.length === 0) await sleep(1)
  await allArrived()
  t.equal(sockets[0]?.isPaused(), true)
  t.equal(sockets[0]?.bytesRead, 0)
  client.destroy()
  sockets[0]?.destroy()
  await bound.close()
})

void t.test('a UNIX socket', async t => {
  const dir = makeSocketDir(t)
  const path = join(dir, 's')
  const { bound, accepted } = await openListener(listen, { type: 'unix', path })
  const client = await dial(bound)
  const socket = await accepted()
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

for (const [name, make] of [
  ['Node', () => createListen()],
  ['the C library', () => createListen({ libc: loaded.ok ? loaded.libc : null })],
] as const) {
  const skip = unlessMissing('ss')
  void t.test(`bound by ${name}, a burst may wait to be accepted`, { skip }, async t => {
    const { bound } = await openListener(make(), tcp('127.0.0.1'))
    const { stdout } = await runProgram(t, 'ss', ['-tlnH', `sport = :${portOf(bound)}`])
    const [, , backlog] = stdout.trim().split(/\s+/)
    const most = Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'))
    t.equal(Number(backlog), Math.min(most, LISTEN_BACKLOG))
    await bound.close()
  })
}
