import { setTimeout as sleep } from 'node:timers/promises'
import type { Socket } from 'node:net'
import type { Test } from 'tap'
import t from 'tap'
import { createRealClock } from '../../src/net/real-clock.ts'
import type { Watch } from '../../src/net/types.ts'
import { watchFirstByte } from '../../src/net/watch.ts'
import { createStreamJoin } from '../../src/pipe/create-stream-join.ts'
import { receiveAll, socketPair, until } from '../fixtures/socket-pair.ts'

type Watched = { readonly watch: Watch; readonly heard: string[] }

/** Watches a socket of ours, and notes what is told of it. */
const watched = (socket: Socket): Watched => {
  const heard: string[] = []
  return { watch: watchFirstByte(socket, what => void heard.push(what)), heard }
}

/** No listener of the watch is left on a socket: only those that a socket of this kind is born with. */
const expectLetGo = (t: Test, socket: Socket, before: Readonly<Record<string, number>>): void => {
  for (const [event, count] of Object.entries(before)) {
    t.equal(socket.listenerCount(event), count, `listeners for ${event}`)
  }
  t.equal(socket.isPaused(), true, 'it is paused')
}

const EVENTS = ['readable', 'data', 'end', 'close', 'error']
const listeners = (socket: Socket): Record<string, number> =>
  Object.fromEntries(EVENTS.map(event => [event, socket.listenerCount(event)]))

/** A pair whose `outer` end is the race's. */
const pair = async (t: Test): Promise<{ ours: Socket; target: Socket }> => {
  const { outer, inner } = await socketPair(t)
  return { ours: outer, target: inner }
}

t.test('the first byte is told once, and stays for whoever reads next', async t => {
  const { ours, target } = await pair(t)
  const before = listeners(ours)
  const { heard } = watched(ours)
  target.write('he')
  await until('the answer', () => heard.length > 0)
  target.end('llo')
  await sleep(20)
  t.strictSame(heard, ['answered'])
  expectLetGo(t, ours, before)
  t.equal((await receiveAll(ours)).bytes.toString(), 'hello')
})

t.test('a byte that has been there for a while', async t => {
  const { ours, target } = await pair(t)
  target.write('first')
  await sleep(20)
  t.equal(ours.bytesRead, 0)
  const { heard } = watched(ours)
  t.strictSame(heard, [], 'never before the call has returned')
  await until('the answer', () => heard.length > 0)
  t.strictSame(heard, ['answered'])
})

t.test('a byte that an earlier watch had let Node read', async t => {
  const { ours, target } = await pair(t)
  const first = watched(ours)
  target.write('first')
  await until('the answer', () => first.heard.length > 0)
  const second = watched(ours)
  await until('the answer again', () => second.heard.length > 0)
  t.strictSame(second.heard, ['answered'])
})

t.test('FIN before a byte is no answer; behind one it is', async t => {
  const silent = await pair(t)
  const first = watched(silent.ours)
  silent.target.end()
  await until('the end', () => first.heard.length > 0)
  t.strictSame(first.heard, ['closed'])

  const talking = await pair(t)
  const second = watched(talking.ours)
  talking.target.end('bye')
  await until('the answer', () => second.heard.length > 0)
  await sleep(10)
  t.strictSame(second.heard, ['answered'])
})

t.test('RST before a byte', async t => {
  const { ours, target } = await pair(t)
  const { heard } = watched(ours)
  target.resetAndDestroy()
  await until('the reset', () => heard.length > 0)
  t.strictSame(heard, ['closed'])
})

t.test('what was over before the watch began', async t => {
  const gone = await pair(t)
  gone.ours.destroy()
  const first = watched(gone.ours)
  t.strictSame(first.heard, [], 'never before the call has returned')
  await until('the end', () => first.heard.length > 0)
  first.watch.send(Buffer.from('too late'))
  await sleep(10)
  t.strictSame(first.heard, ['closed'])

  const ended = await pair(t)
  ended.target.end()
  await receiveAll(ended.ours)
  const second = watched(ended.ours)
  await until('the end', () => second.heard.length > 0)
  t.strictSame(second.heard, ['closed'])

  const stopped = await pair(t)
  stopped.ours.destroy()
  const third = watched(stopped.ours)
  third.watch.stop()
  await sleep(10)
  t.strictSame(third.heard, [])
})

t.test('bytes are sent while it watches, and not after', async t => {
  const { ours, target } = await pair(t)
  const { watch, heard } = watched(ours)
  const received: Buffer[] = []
  target.on('data', chunk => {
    received.push(chunk)
    target.write('answer')
  })
  target.resume()
  watch.send(Buffer.from('hello'))
  await until('the answer', () => heard.length > 0)
  watch.send(Buffer.from('again'))
  await sleep(20)
  t.equal(Buffer.concat(received).toString(), 'hello')
})

t.test('bytes that a reset meets harm nobody', async t => {
  const { ours, target } = await pair(t)
  const { watch, heard } = watched(ours)
  target.resetAndDestroy()
  for (let i = 0; i < 5; i++) {
    watch.send(Buffer.alloc(1000))
    await sleep(1)
  }
  await until('the reset', () => heard.length > 0)
  t.strictSame(heard, ['closed'])
})

t.test('stopped before anything came: nothing was read, and nothing is told', async t => {
  const { ours, target } = await pair(t)
  const before = listeners(ours)
  const { watch, heard } = watched(ours)
  await sleep(10)
  watch.stop()
  watch.stop()
  expectLetGo(t, ours, before)
  target.end('later')
  await sleep(20)
  t.strictSame(heard, [])
  t.equal((await receiveAll(ours)).bytes.toString(), 'later')
})

t.test('the pipe passes on every byte in order, whatever was seen of them before', async t => {
  for (const [name, size, pauseMs] of [
    ['a small answer, at once', 5, 0],
    ['a small answer, after a while', 5, 30],
    ['a large one', 3_000_000, 0],
    ['a large one that waited', 3_000_000, 30],
  ] as const) {
    const up = await pair(t)
    const down = await pair(t)
    const answer = Buffer.from(Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) & 0xff))
    const { watch, heard } = watched(up.ours)
    const asked = new Promise<Buffer>(resolve => up.target.once('data', resolve).resume())
    watch.send(Buffer.from('hello'))
    t.equal((await asked).toString(), 'hello')
    up.target.end(answer)
    await until('the answer', () => heard.length > 0)
    t.strictSame(heard, ['answered'])
    await sleep(pauseMs)
    t.ok(up.ours.bytesRead <= 256 * 1024, `${name}: ${up.ours.bytesRead} bytes read ahead`)
    const received = receiveAll(down.target)
    const join = createStreamJoin({ clock: createRealClock() })
    const options = {
      idleTimeoutMs: 10_000,
      halfCloseTimeoutMs: 10_000,
      early: Buffer.from(' there'),
    }
    const joined = new Promise(resolve => void join(down.ours, up.ours, options, resolve))
    const rest = receiveAll(up.target)
    down.target.end()
    t.equal((await received).bytes.equals(answer), true, name)
    t.equal((await rest).bytes.toString(), ' there', name)
    t.match(await joined, { bytesUp: 6, bytesDown: size, reason: 'eof' }, name)
  }
})
