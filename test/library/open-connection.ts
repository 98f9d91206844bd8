import { once } from 'node:events'
import type { Socket } from 'node:net'
import { startConnection } from '../../src/library/connect.ts'
import type { WebStreams } from '../../src/library/open-connection.ts'
import { openConnection, toWebStreams } from '../../src/library/open-connection.ts'
import { standsStill } from '../fixtures/all-arrived.ts'
import type { Owner } from '../fixtures/children.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { infoOf, listening, refusing, rejection } from '../fixtures/library-races.ts'
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

const gone = (socket: Socket): Promise<boolean> => eventually(() => socket.destroyed)

/** A connection, and its other end. */
const pair = async (
  owner: Owner,
): Promise<WebStreams & { readonly socket: Socket; readonly peer: Socket }> => {
  const server = await listening(owner)
  const accepted = server.accepted()
  const socket = await startConnection([infoOf(server)])
  return { ...toWebStreams(socket), socket, peer: await accepted }
}

testLeavingNothing('a close is done when the FIN is out', async (t, owner) => {
  const { readable, writable, socket, peer } = await pair(owner)
  const heard = readAll(peer.iterator({ destroyOnReturn: false }))
  const writer = writable.getWriter()
  await writer.write(bytes('one, '))
  await writer.write(bytes('two'))
  await writer.close()
  t.equal(await heard, 'one, two')
  t.equal(socket.destroyed, false, 'the other way goes on')
  peer.end('late')
  t.equal(await readAll(readable), 'late')
  t.ok(await gone(socket))
})

testLeavingNothing('the other end closes first: no error', async (t, owner) => {
  const { readable, writable, socket, peer } = await pair(owner)
  peer.end('bye')
  t.equal(await readAll(readable), 'bye')
  t.ok(await gone(socket))
  t.equal(await writable.getWriter().close(), undefined)
})

testLeavingNothing('writing when both are closed rejects', async (t, owner) => {
  const { readable, writable, socket, peer } = await pair(owner)
  peer.end()
  t.equal(await readAll(readable), '')
  t.ok(await gone(socket))
  t.match(await rejection(writable.getWriter().write(bytes('x'))), { code: 'EPIPE' })
})

testLeavingNothing('a slow reader holds the sender back', async (t, owner) => {
  const { readable, writable, socket, peer } = await pair(owner)
  const size = 16 * 1024 * 1024
  let sent = false
  peer.write(Buffer.alloc(size), () => (sent = true))
  const reader = readable.getReader()
  const first = await reader.read()
  t.ok(first.value instanceof Uint8Array && !Buffer.isBuffer(first.value))
  await standsStill(() => socket.bytesRead)
  t.equal(sent, false)
  t.ok(socket.bytesRead < size)
  let read = first.value?.length ?? 0
  while (read < size) read += (await reader.read()).value?.length ?? 0
  t.equal(read, size)
  peer.end()
  t.equal((await reader.read()).done, true)
  await writable.close()
})

testLeavingNothing('a slow receiver holds the writer back', async (t, owner) => {
  const { writable, socket, peer } = await pair(owner)
  peer.pause()
  const writer = writable.getWriter()
  let written = 0
  const writing = (async () => {
    for (; written < 256; written++) await writer.write(new Uint8Array(65_536))
  })()
  await standsStill(() => written)
  t.ok(written < 256)
  peer.resume()
  await writing
  t.equal(written, 256)
  socket.destroy()
})

testLeavingNothing('a reset is an error of both streams, and no crash', async (t, owner) => {
  const { readable, writable, socket, peer } = await pair(owner)
  peer.resetAndDestroy()
  t.match(await rejection(readAll(readable)), { code: 'ECONNRESET' })
  t.ok(await gone(socket))
  t.match(await rejection(writable.getWriter().write(bytes('x'))), { code: 'ECONNRESET' })
})

testLeavingNothing('so is a socket that is destroyed beneath them', async (t, owner) => {
  const one = await pair(owner)
  one.socket.destroy()
  const message = 'the socket was destroyed'
  t.match(await rejection(readAll(one.readable)), { code: 'ECONNABORTED', message })
  t.match(await rejection(one.writable.getWriter().closed), { code: 'ECONNABORTED', message })

  const two = await pair(owner)
  two.peer.pause()
  const writer = two.writable.getWriter()
  const writing = rejection(writer.write(new Uint8Array(32 * 1024 * 1024)))
  const closing = rejection(writer.close())
  two.socket.destroy()
  t.ok(await writing)
  t.ok(await closing)

  const three = await pair(owner)
  three.peer.pause()
  three.socket.write(new Uint8Array(32 * 1024 * 1024))
  const closed = rejection(three.writable.close())
  setTimeout(() => three.socket.destroy(), 10)
  t.match(await closed, { code: 'ECONNABORTED' })
})

testLeavingNothing('cancelling and aborting destroy the socket', async (t, owner) => {
  const one = await pair(owner)
  one.peer.write('unread')
  await one.readable.cancel()
  t.equal(one.socket.destroyed, true)
  const two = await pair(owner)
  await two.writable.abort(new Error('enough'))
  t.equal(two.socket.destroyed, true)
  await rejection(readAll(two.readable))

  const three = await pair(owner)
  three.peer.write('unread')
  t.ok(await eventually(() => three.socket.bytesRead > 0))
  await three.readable.cancel()
  t.equal(three.socket.emit('data', Buffer.from('late')), true)
})
