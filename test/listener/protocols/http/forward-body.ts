import type { IncomingMessage } from 'node:http'
import { Writable } from 'node:stream'
import t from 'tap'
import type { Test } from 'tap'
import { forwardBody } from '../../../../src/listener/protocols/http/forward-body.ts'
import { createRequestServer } from '../../../../src/listener/protocols/http/request-server.ts'
import { SocketStream } from '../../../../src/listener/protocols/http/socket-stream.ts'
import { eventually } from '../../../fixtures/in-parallel.ts'
import { nodePair } from '../../../fixtures/tried-pair.ts'

/** A request whose head has arrived, and how its client sends bytes of the body. */
const startRequest = async (t: Test) => {
  const { inner } = await nodePair(end => t.teardown(end))
  const stream = new SocketStream(inner, { wanted: () => {} })
  t.teardown(() => void stream.destroy())
  const arrived = new Promise<IncomingMessage>(resolve => {
    createRequestServer().attach(stream, {
      listener: 'http-1080',
      onRequest: ({ request }) => resolve(request),
      onMalformed: code => t.fail(code),
      onDrain: () => {},
    })
  })
  const send = (text: string): void => void stream.push(Buffer.from(text))
  send('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n')
  return { send, request: await arrived }
}

const createSource = () => {
  const calls: string[] = []
  return {
    calls,
    hold: () => void calls.push('hold'),
    release: () => void calls.push('release'),
    passed: (content: number) => void calls.push(`passed ${content}`),
  }
}

/** Keeps what it is given, and takes the next only after `take`. */
const createSink = (highWaterMark: number) => {
  const chunks: string[] = []
  let done: (() => void) | null = null
  const stream = new Writable({
    highWaterMark,
    write: (chunk: Buffer, _encoding, next) => {
      chunks.push(chunk.toString())
      done = next
    },
  })
  const take = (): void => {
    const next = done
    done = null
    next?.()
  }
  return { stream, chunks, take }
}

t.test('chunks that arrive together go on as one', async t => {
  const { send, request } = await startRequest(t)
  const { stream, chunks } = createSink(1e6)
  forwardBody(request, stream, createSource())
  send('1\r\nx\r\n'.repeat(500))
  t.ok(await eventually(() => chunks.length > 0))
  t.same(chunks, ['x'.repeat(500)])
  t.equal(stream.writableLength, 500)
})

t.test('the source is held while the reader is full, and the end is passed by nobody', async t => {
  const { send, request } = await startRequest(t)
  const { stream, chunks, take } = createSink(3)
  const source = createSource()
  let ended = false
  request.once('end', () => (ended = true))
  forwardBody(request, stream, source)
  send('2\r\nab\r\n')
  t.ok(await eventually(() => chunks.length === 1))
  t.same(source.calls, ['release', 'passed 2'], 'there is place')
  take()
  t.ok(await eventually(() => source.calls.length === 3))
  send('4\r\ncdef\r\n')
  t.ok(await eventually(() => source.calls.length === 5))
  t.same(source.calls.slice(2), ['release', 'passed 4', 'hold'])
  take()
  t.ok(await eventually(() => source.calls.length === 6))
  t.equal(source.calls[5], 'release')
  send('0\r\n\r\n')
  t.ok(await eventually(() => ended))
  t.same(chunks, ['ab', 'cdef'])
  t.equal(stream.writableEnded, false)
})

t.test('once stopped, nothing more goes on, and the source is released', async t => {
  const { send, request } = await startRequest(t)
  const { stream, chunks } = createSink(1)
  const source = createSource()
  const stop = forwardBody(request, stream, source)
  send('2\r\nab\r\n')
  t.ok(await eventually(() => source.calls.includes('hold')))
  stop()
  t.same(source.calls.slice(-2), ['hold', 'release'])
  send('2\r\ncd\r\n')
  t.ok(await eventually(() => request.readableLength > 0))
  t.same(chunks, ['ab'])
  t.equal(request.listenerCount('readable'), 0)
})
