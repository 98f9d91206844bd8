import type { ServerResponse } from 'node:http'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import type { Test } from 'tap'
import type { AdminAnswer } from '../../src/admin/routes.ts'
import { STALL_MS, sendAnswer } from '../../src/admin/send-answer.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { until } from '../fixtures/socket-pair.ts'

const clock = createHandClock()

/** Serves one answer; gives its response once somebody asks. */
const serve = async (t: Test, answer: AdminAnswer) => {
  let sent: Promise<void> | undefined
  let response: ServerResponse | undefined
  const server = createServer((asked, given) => {
    response = given
    sent = sendAnswer(given, answer, asked.method === 'HEAD', clock)
  }).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const ask = (method = 'GET') =>
    request({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, method }).end()
  const get = async (method?: string) => {
    const incoming = await new Promise<Parameters<typeof text>[0] & { headers: object }>(resolve =>
      ask(method).once('response', resolve),
    )
    const body = await text(incoming)
    await sent
    return { headers: incoming.headers, body }
  }
  return { ask, get, response: () => response, sent: () => sent }
}

const endless = async function* (size: number, onEnd: () => void): AsyncGenerator<string> {
  try {
    for (;;) yield 'x'.repeat(size)
  } finally {
    onEnd()
  }
}

t.test('every answer forbids caches, frames, guesses and other sites', async t => {
  const { get } = await serve(t, { status: 200, text: 'ok', headers: { 'X-More': '1' } })
  const { headers, body } = await get()
  t.equal(body, 'ok\n')
  t.match(headers, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': '3',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': /default-src 'none'; frame-ancestors 'none'/,
    'cross-origin-resource-policy': 'same-origin',
    'x-more': '1',
  })
  t.notOk('access-control-allow-origin' in headers)
  t.match(await get('HEAD'), { headers: { 'content-length': '3' }, body: '' })
})

t.test('bytes and pieces', async t => {
  const bytes = await serve(t, { status: 200, type: 'image/png', bytes: Buffer.from('ü') })
  t.match(await bytes.get(), { headers: { 'content-type': 'image/png' }, body: 'ü' })
  const pieces = async function* (): AsyncGenerator<string> {
    yield 'a'
    yield ''
    yield 'b'
  }
  const several = await serve(t, { status: 200, pieces: pieces() })
  t.match(await several.get(), { body: 'ab' })
})

t.test('a reader that takes nothing is closed', async t => {
  let isOver = false
  const pieces = endless(64 * 1024, () => (isOver = true))
  const { ask, response, sent } = await serve(t, { status: 200, pieces })
  const asked = ask()
  asked.once('response', incoming => incoming.pause().on('error', () => {}))
  await until('the kernel takes no more', () => clock.pending() === 1)
  t.ok((response()?.writableLength ?? 0) < 256 * 1024, 'no more than one piece waits')
  t.notOk(isOver)
  clock.advance(STALL_MS)
  await sent()
  t.ok(isOver)
  t.ok(response()?.destroyed)
  asked.on('error', () => {}).destroy()
  t.equal(clock.pending(), 0)
})

t.test('a reader that leaves ends the pieces', async t => {
  let isOver = false
  const { ask, sent } = await serve(t, {
    status: 200,
    pieces: endless(1000, () => (isOver = true)),
  })
  const asked = ask().on('error', () => {})
  await new Promise(resolve => asked.once('response', resolve))
  asked.destroy()
  await until('the end', () => isOver)
  await sent()
  t.equal(clock.pending(), 0)
})
