import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { exchange } from '../../../src/net/node/exchange.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'
import { eventually } from '../../fixtures/in-parallel.ts'

type Serve = (socket: Socket) => void

const served = async (serve: Serve, path?: string): Promise<Server> => {
  const server = createServer({ allowHalfOpen: true }, socket => {
    socket.on('error', () => {})
    serve(socket)
  })
  await new Promise<void>(resolve => server.listen(path ?? { host: '127.0.0.1', port: 0 }, resolve))
  t.teardown(() => server.close())
  return server
}

const addressOf = (server: Server) => {
  const { port } = server.address() as AddressInfo
  return { type: 'tcp', host: '127.0.0.1', port } as const
}

const GREETING = Uint8Array.of(5, 1, 0)

t.test('sends, reads what comes in pieces, and closes by FIN', async t => {
  let heard = Buffer.alloc(0)
  let ended = (): void => {}
  const end = new Promise<void>(resolve => (ended = resolve))
  const server = await served(socket => {
    socket.on('data', data => {
      heard = Buffer.concat([heard, data])
      socket.write(Uint8Array.of(5))
      setTimeout(() => socket.write(Uint8Array.of(0, 9)), 20)
    })
    socket.on('end', () => {
      ended()
      socket.end()
    })
  })
  const answer = await exchange(addressOf(server), GREETING, 2, 60_000)
  t.strictSame([...answer], [5, 0])
  await end
  t.strictSame([...heard], [5, 1, 0])
})

t.test('exchange over a UNIX socket', async t => {
  const path = join(t.testdir({}), 's')
  await served(socket => socket.end(Uint8Array.of(1, 2)), path)
  t.strictSame([...(await exchange({ type: 'unix', path }, GREETING, 2, 5000))], [1, 2])
  await t.rejects(exchange({ type: 'unix', path: `${path}x` }, GREETING, 2, 5000), {
    code: 'ENOENT',
  })
})

t.test('no answer, half an answer, nobody there', async t => {
  const silent = await served(socket => void socket.on('end', () => socket.end()).resume())
  await t.rejects(exchange(addressOf(silent), GREETING, 2, 50), {
    code: 'ETIMEDOUT',
    message: /no answer from 127\.0\.0\.1:\d+ in 50 ms/,
  })
  const short = await served(socket => socket.end(Uint8Array.of(5)))
  await t.rejects(exchange(addressOf(short), GREETING, 2, 5000), {
    code: 'ERR_SOCKS_MALFORMED',
    message: /closed after 1 bytes/,
  })
  const closed = await served(() => {})
  const address = addressOf(closed)
  await new Promise(resolve => closed.close(resolve))
  await t.rejects(exchange(address, GREETING, 2, 5000), { code: 'ECONNREFUSED' })
})

t.test('the clock measures the time limit', async t => {
  const clock = createHandClock()
  let heard = 0
  const silent = await served(socket => void socket.on('data', () => heard++))
  const asked = exchange(addressOf(silent), GREETING, 2, 2000, clock)
  t.ok(await eventually(() => heard === 1), 'the question has arrived')
  clock.advance(2000)
  await t.rejects(asked, { code: 'ETIMEDOUT' })

  const prompt = await served(socket => socket.end(Uint8Array.of(5, 0)))
  await exchange(addressOf(prompt), GREETING, 2, 2000, clock)
  t.ok(await eventually(() => clock.pending() === 0), 'no timer is left behind')
})
