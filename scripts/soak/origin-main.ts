/**
 * What the soak's clients connect to, as a process in its `net` namespace, on all addresses of both families:
 *
 *     node --import=./scripts/compiled.mjs scripts/soak/origin-main.ts PORT HTTP_PORT
 *
 * The first line of a connection to PORT says what it wants: `echo`, `source BYTES SEED`, `sink SEED` (answers
 * how many bytes came, and whether they were right), `endless SEED`, `reset BYTES SEED`, `drip BYTES SEED` or
 * `silent`. HTTP_PORT has `GET /source/BYTES/SEED` and `POST /sink/SEED`. It prints `listening`, and ends with
 * its standard input.
 */
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPatternCheck, patternAt, patternOf } from './pattern.ts'

const [port, httpPort] = process.argv.slice(2)
const PIECE = 64 * 1024

const pattern = function* (bytes: number, seed: number): Generator<Buffer> {
  for (let at = 0; at < bytes;) {
    const piece = patternAt(seed, at, Math.min(PIECE, bytes - at))
    at += piece.length
    yield piece
  }
}

const send = (socket: Socket, bytes: number, seed: number): Socket =>
  Readable.from(pattern(bytes, seed)).pipe(socket)

const drip = async (socket: Socket, bytes: number, seed: number): Promise<void> => {
  for (const byte of patternOf(seed, bytes)) {
    if (socket.destroyed) return
    socket.write(Buffer.of(byte))
    await sleep(100)
  }
  socket.end()
}

const verdict = (check: ReturnType<typeof createPatternCheck>): string => {
  const wrongAt = check.wrongAt()
  return `${check.bytes()} ${wrongAt === undefined ? 'ok' : `wrong at ${wrongAt}`}\n`
}

const serve = (socket: Socket, line: string, rest: Buffer): void => {
  const [verb, ...numbers] = line.split(' ')
  const [first = 0, second = 0] = numbers.map(Number)
  switch (verb) {
    case 'echo':
      socket.write(rest)
      return void socket.pipe(socket)
    case 'source':
      socket.resume()
      return void send(socket, first, second)
    case 'endless':
      socket.resume()
      return void send(socket, Infinity, first)
    case 'drip':
      socket.resume()
      return void drip(socket, first, second)
    case 'reset':
      socket.resume()
      return void socket.write(patternOf(second, first), () => socket.resetAndDestroy())
    case 'sink': {
      const check = createPatternCheck(first)
      check.take(rest)
      socket.on('data', (chunk: Buffer) => check.take(chunk))
      return void socket.once('end', () => socket.end(verdict(check)))
    }
    default:
      // `silent`, and whatever hostile clients send.
      return void socket.resume().once('end', () => socket.end())
  }
}

const server = createServer({ noDelay: true, allowHalfOpen: true }, socket => {
  socket.on('error', () => {})
  let head = Buffer.alloc(0)
  const onData = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\n')
    if (end === -1 && head.length < 100) return
    socket.off('data', onData)
    serve(socket, head.subarray(0, end).toString(), head.subarray(end + 1))
  }
  socket.on('data', onData)
  socket.once('end', () => {
    if (head.indexOf('\n') === -1) socket.end()
  })
})

const http = createHttpServer({ keepAliveTimeout: 30_000 }, (request, response) => {
  const [, verb, ...numbers] = (request.url ?? '').split('/')
  const [first = 0, second = 0] = numbers.map(Number)
  if (verb === 'source') {
    request.resume()
    response.setHeader('content-length', first)
    return void Readable.from(pattern(first, second)).pipe(response)
  }
  const check = createPatternCheck(first)
  request.on('data', (chunk: Buffer) => check.take(chunk))
  request.on('end', () => response.end(verdict(check)))
})

const listen = (each: Server, at: string | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    each.once('error', reject).listen({ port: Number(at), host: '::', backlog: 1024 }, resolve)
  })
await listen(server, port)
await listen(http, httpPort)
console.log('listening')
process.stdin.resume().once('end', () => process.exit(0))
