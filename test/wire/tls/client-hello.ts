import { spawn } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ConnectionOptions } from 'node:tls'
import { connect, createServer } from 'node:tls'
import type { AddressInfo } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import type { Test } from 'tap'

import type { HelloReading } from '../../../src/wire/tls/client-hello.ts'
import { CLIENT_HELLO_MAX_BYTES, createHelloReader } from '../../../src/wire/tls/client-hello.ts'
import { makeCertificate } from '../../fixtures/certificate.ts'
import { endChild, own, within } from '../../fixtures/children.ts'
import type { HelloParts } from '../../fixtures/client-hellos.ts'
import { firstBytesOf, helloMessage, inRecords, nodeHello } from '../../fixtures/client-hellos.ts'
import { unlessMissing } from '../../fixtures/programs.ts'
import { until } from '../../fixtures/socket-pair.ts'
import { freePort } from '../../fixtures/tcp-target.ts'

const readClientHello = (bytes: Uint8Array): HelloReading => createHelloReader()(bytes)

/** What is said of a hello cut at every byte: `more` before its end, and never a wait for what has come. */
const holdCutEverywhere = (t: Test, hello: Buffer, name: string): void => {
  t.same(readClientHello(hello), { type: 'hello' }, name)
  let asked = 0
  const patient = createHelloReader()
  let same = true
  for (let length = 0; length < hello.length; length++) {
    const reading = readClientHello(hello.subarray(0, length))
    same &&= isDeepStrictEqual(patient(hello.subarray(0, length)), reading)
    if (reading.type !== 'more' || reading.size <= length || reading.size > hello.length) {
      t.fail(`${name}: after ${length} of ${hello.length} bytes ${JSON.stringify(reading)}`)
    } else if (asked <= length) asked = reading.size
  }
  t.ok(same, `${name}: byte by byte it is the same`)
  t.same(patient(hello), { type: 'hello' })
  t.equal(asked, hello.length, `${name}: the last size asked for is that of the hello`)
  for (const tail of [Buffer.from([0]), Buffer.from([22, 3, 3]), hello]) {
    t.same(readClientHello(Buffer.concat([hello, tail])), { type: 'other' }, `${name}, and more`)
  }
  const shifted = Buffer.alloc(hello.length + 8, 0xff)
  shifted.set(hello, 8)
  t.same(readClientHello(shifted.subarray(8)), { type: 'hello' }, `${name} within a larger array`)
}

/** `hello`, where no more bytes are asked for than there are, and there is no complaint. */
const typeOf = (bytes: Uint8Array): string => readClientHello(bytes).type

const OLD = 'ALL:@SECLEVEL=0'

t.test('hellos of node:tls', async t => {
  const kinds: Readonly<Record<string, ConnectionOptions>> = {
    usual: {},
    'with much to negotiate': {
      ALPNProtocols: Array.from({ length: 400 }, (_, n) => `protocol-${n}`),
    },
    'TLS 1.2': { maxVersion: 'TLSv1.2' },
    'TLS 1.1': { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: OLD },
    'TLS 1.0': { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: OLD },
  }
  for (const [name, options] of Object.entries(kinds)) {
    holdCutEverywhere(t, await nodeHello(options), name)
  }
})

t.test('hellos that resume a session', { skip: unlessMissing('openssl') }, async t => {
  for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
    const server = createServer(makeCertificate(t), socket => socket.end('x'))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const session = await new Promise<Buffer>(resolve => {
      const name = { servername: 'www.example.com', rejectUnauthorized: false }
      const options = { host: '127.0.0.1', port, maxVersion, ...name }
      connect(options).once('session', resolve).resume()
    })
    await new Promise(resolve => server.close(resolve))
    const hello = await nodeHello({ session, maxVersion })
    holdCutEverywhere(t, hello, `${maxVersion}, resumed`)
    t.ok(hello.length > (await nodeHello({ maxVersion })).length + 100, 'a ticket is in it')
  }
})

/** The first bytes of `openssl s_client`. */
const opensslBytes = (t: Test, args: readonly string[]): Promise<Buffer> =>
  firstBytesOf(port => {
    const words = ['s_client', '-connect', `127.0.0.1:${port}`, ...args]
    const child = own(spawn('openssl', words, { stdio: 'ignore' }))
    t.teardown(() => endChild(child))
  })

t.test('hellos of openssl s_client', { skip: unlessMissing('openssl') }, async t => {
  const protocols = Array.from({ length: 200 }, (_, n) => `protocol-${n}`).join(',')
  const kinds: Readonly<Record<string, readonly string[]>> = {
    usual: [],
    'TLS 1.2': ['-tls1_2', '-servername', 'www.example.com'],
    'TLS 1.0 without an extension': ['-tls1', '-cipher', OLD, '-no_ticket', '-noservername'],
    'in five records': ['-max_send_frag', '512', '-alpn', protocols],
  }
  for (const [name, args] of Object.entries(kinds)) {
    const hello = await opensslBytes(t, args)
    holdCutEverywhere(t, hello, name)
    if (name === 'in five records') t.equal(hello.readUInt16BE(3), 512, 'the first is short')
  }
})

t.test('a hello with early data is not sent twice', { skip: unlessMissing('openssl') }, async t => {
  const { keyFile, certFile } = makeCertificate(t)
  const directory = t.testdir({ early: 'GET / HTTP/1.0\r\n\r\n' })
  const port = await freePort()
  const files = ['-accept', `127.0.0.1:${port}`, '-key', keyFile, '-cert', certFile]
  // Node's own server gives no tickets that allow early data.
  const server = own(spawn('openssl', ['s_server', ...files, '-tls1_3', '-early_data']))
  t.teardown(() => endChild(server))
  const listens = new Promise<void>(resolve => {
    let said = ''
    server.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes('ACCEPT')) resolve()
    })
  })
  await within(10_000, 'the server listens', listens)
  const [session, early] = [join(directory, 'session'), join(directory, 'early')]
  const names = ['-connect', `127.0.0.1:${port}`, '-tls1_3', '-sess_out', session]
  // It ends with its input, and the ticket comes behind the handshake.
  const first = own(
    spawn('openssl', ['s_client', ...names], { stdio: ['pipe', 'ignore', 'ignore'] }),
  )
  t.teardown(() => endChild(first))
  await until('the ticket', () => existsSync(session) && statSync(session).size > 0)
  const resumed = ['-tls1_3', '-sess_in', session]
  holdCutEverywhere(t, await opensslBytes(t, resumed), 'resumed without early data')
  const bytes = await opensslBytes(t, [...resumed, '-early_data', early])
  t.equal(typeOf(bytes), 'other')
  // Nor is the hello by itself, before its data has come.
  const whole = bytes.subarray(0, 5 + bytes.readUInt16BE(3))
  t.ok(whole.length < bytes.length)
  t.equal(typeOf(whole), 'other')
})

t.test('what the parts of a hello may be', async t => {
  const at = (parts: HelloParts): string => typeOf(inRecords(helloMessage(parts)))
  t.equal(at({}), 'hello')
  t.equal(at({ sessionId: Buffer.alloc(0) }), 'hello')
  t.equal(at({ extensions: null }), 'hello')
  t.equal(at({ extensions: [] }), 'hello')
  t.equal(at({ extensions: [[41, Buffer.alloc(200)]] }), 'hello', 'a ticket, no early data')
  const wrong: Readonly<Record<string, HelloParts>> = {
    'SSL 3.0': { version: 0x0300 },
    'a version to come': { version: 0x0304 },
    'a long session': { sessionId: Buffer.alloc(33) },
    'no cipher': { ciphers: Buffer.alloc(0) },
    'half a cipher': { ciphers: Buffer.alloc(3) },
    'no compression': { compressions: Buffer.alloc(0) },
    'early data': {
      extensions: [
        [0, Buffer.alloc(3)],
        [42, Buffer.alloc(0)],
      ],
    },
    'early data in front': {
      extensions: [
        [42, Buffer.alloc(0)],
        [0, Buffer.alloc(3)],
      ],
    },
    'more than its extensions': { tail: Buffer.from([0]) },
    'half a length of extensions': { extensions: null, tail: Buffer.from([0]) },
    'extensions cut off': { extensions: null, tail: Buffer.from([0, 9, 0, 0, 0, 0]) },
    'an extension cut off': { extensions: null, tail: Buffer.from([0, 5, 0, 0, 0, 9, 1]) },
    'half a type': { extensions: null, tail: Buffer.from([0, 1, 0]) },
  }
  for (const [name, parts] of Object.entries(wrong)) t.equal(at(parts), 'other', name)
  for (const length of [0, 1, 33, 34, 66, 67, 70, 72]) {
    const body = helloMessage().subarray(4, 4 + length)
    const message = Buffer.concat([Buffer.from([1, 0, 0, length]), body])
    t.equal(typeOf(inRecords(message)), 'other', `a body of ${length} bytes`)
  }
})

t.test('records', async t => {
  const message = helloMessage()
  for (const size of [1, 2, 3, 4, 5, 7, message.length - 1]) {
    holdCutEverywhere(t, inRecords(message, size), `records of ${size} bytes`)
  }
  const record = inRecords(message)
  t.equal(typeOf(Buffer.from([...record].with(1, 2))), 'other', 'another protocol')
  for (const [name, header] of [
    ['application data', [23]],
    ['SSL 2', [0x80, 0x2e, 1, 3, 1]],
    ['an empty record', [22, 3, 1, 0, 0]],
    ['one that is too long', [22, 3, 1, 0x40, 1]],
    ['another message', [22, 3, 1, 0, 60, 2, 0, 0, 56]],
    ['a message too large to send twice', [22, 3, 1, 0x40, 0, 1, 0, 0x80, 0]],
    ['one that ends within its record', [22, 3, 1, 0, 60, 1, 0, 0, 20]],
    ['SSH', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n')],
  ] as const) {
    t.equal(typeOf(Buffer.from(header)), 'other', name)
  }
  const half = inRecords(message, 30).subarray(0, 35)
  t.equal(typeOf(half), 'more')
  t.equal(typeOf(Buffer.concat([half, Buffer.from([21, 3, 3, 0, 2, 1, 0])])), 'other', 'an alert')
  t.equal(typeOf(Buffer.concat([half, Buffer.from([22, 3, 1, 0, 0])])), 'other', 'an empty one')
})

t.test('the largest hello', async t => {
  const sized = (size: number): Buffer => {
    const records = 2
    const rest = size - records * 5 - helloMessage({ extensions: [[0, Buffer.alloc(0)]] }).length
    return inRecords(helloMessage({ extensions: [[0, Buffer.alloc(rest)]] }))
  }
  const largest = sized(CLIENT_HELLO_MAX_BYTES)
  t.equal(largest.length, CLIENT_HELLO_MAX_BYTES)
  t.equal(typeOf(largest), 'hello')
  const larger = sized(CLIENT_HELLO_MAX_BYTES + 1)
  t.equal(typeOf(larger), 'other')
  t.equal(typeOf(larger.subarray(0, 5 + 2 ** 14)), 'more', 'headers to come are not counted yet')
  t.equal(typeOf(larger.subarray(0, 5 + 2 ** 14 + 5)), 'other', 'it is said as soon as it is known')
})

t.test('it takes any bytes, and what it says of them is final', async () => {
  const hello = [...inRecords(helloMessage())]
  const spoilt = fc
    .record({ at: fc.nat(hello.length - 1), byte: fc.nat(255), cut: fc.nat(hello.length) })
    .map(({ at, byte, cut }) => Uint8Array.from(hello.with(at, byte).slice(0, cut)))
  const records = fc
    .array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 })
    .map(parts => Buffer.concat(parts.map(part => inRecords(part))))
  const any = fc.oneof(fc.uint8Array({ maxLength: 200 }), spoilt, records)
  fc.assert(
    fc.property(any, any, (bytes, tail) => {
      const before = Uint8Array.from(bytes)
      const reading = readClientHello(bytes)
      if (!Buffer.from(before).equals(bytes)) return false
      const longer = readClientHello(Buffer.concat([bytes, tail]))
      if (reading.type === 'other') return longer.type === 'other'
      if (reading.type === 'hello') return tail.length === 0 || longer.type === 'other'
      // Nothing new is to be said below the size that was asked for.
      const below = bytes.length + tail.length < reading.size
      return reading.size > bytes.length && (!below || longer.type === 'more')
    }),
    { numRuns: 20_000 },
  )
})

t.test('a hello in the smallest of records costs little', async t => {
  const large = helloMessage({ extensions: [[0, Buffer.alloc(5000)]] })
  const bytes = inRecords(large, 1)
  t.equal(typeOf(bytes), 'hello')
  const read = createHelloReader()
  let [looks, next] = [0, 0]
  for (let length = 0; length < bytes.length; length++) {
    if (length < next) continue
    looks++
    const reading = read(bytes.subarray(0, length))
    if (reading.type === 'more') next = reading.size
  }
  t.same(read(bytes), { type: 'hello' })
  t.ok(looks <= 3 * large.length, `${looks} looks at ${large.length} records`)
})
