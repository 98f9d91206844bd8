import { once } from 'node:events'
import { openConnection } from '../../src/library/open-connection.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { listening, refusing, rejection } from '../fixtures/library-races.ts'
import { testLeavingNothing } from '../fixtures/nothing-left.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const readAll = async (readable: AsyncIterable<Uint8Array>): Promise<string> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of readable) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

testLeavingNothing('web streams both ways, each with its own end', async (t, owner) => {
  const server = await listening(owner)
  const accepted = server.accepted()
  const { readable, writable, socket } = await openConnection({
    host: 'localhost',
    port: server.port,
  })
  t.equal(socket.remotePort, server.port)
  const peer = await accepted
  peer.write('early, ')
  const heard: Buffer[] = []
  peer.on('data', (chunk: Buffer) => heard.push(chunk))
  const ended = once(peer, 'end')
  const writer = writable.getWriter()
  await writer.write(bytes('one, '))
  await writer.write(bytes('two'))
  await writer.close()
  await ended
  t.equal(Buffer.concat(heard).toString(), 'one, two')
  peer.end('and late')
  t.equal(await readAll(readable), 'early, and late', 'still readable after the FIN')
  t.ok(await eventually(() => socket.destroyed))
})

testLeavingNothing('await using ends the connection, once it is closed', async (t, owner) => {
  const server = await listening(owner)
  const accepted = server.accepted()
  const opened = await openConnection({ host: '127.0.0.1', port: server.port })
  const peer = await accepted
  const heard = new Promise(resolve => peer.once('data', resolve))
  const ended = once(peer.resume(), 'end')
  await opened.writable.getWriter().write(bytes('bye'))
  const isClosed = once(opened.socket, 'close')
  await opened[Symbol.asyncDispose]()
  t.equal(opened.socket.closed, true)
  await isClosed
  t.equal(String(await heard), 'bye', 'what was written is sent')
  await ended
  t.equal(await opened[Symbol.asyncDispose](), undefined, 'a second time is no mistake')
})

testLeavingNothing('it fails as connect does', async t => {
  const { port } = await refusing()
  t.match(await rejection(openConnection({ host: '127.0.0.1', port })), {
    name: 'RaceError',
    code: 'ECONNREFUSED',
  })
  t.match(await rejection(openConnection({})), { code: 'ERR_INVALID_ARG' })
})
