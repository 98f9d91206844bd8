import t from 'tap'
import { addInputTurn, afterInput } from '../../src/core/clock.ts'
import { loadLibc } from '../../src/libc/load-libc.ts'
import { createPoller } from '../../src/libc/poller.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { nativeTest } from '../fixtures/native-test.ts'
import { fdPair } from '../fixtures/relay-rig.ts'
import { socketPair } from '../fixtures/socket-pair.ts'

const sleepWholeThread = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

t.test("what has come to Node's sockets is handled first", async t => {
  const { outer, inner } = await socketPair(t)
  const seen: string[] = []
  inner.on('data', (chunk: Buffer) => seen.push(chunk.toString())).resume()
  await new Promise(resolve => setImmediate(resolve))
  await new Promise<void>(resolve => {
    setTimeout(() => {
      outer.write('in time')
      // The kernel hands it over at once, on loopback.
      afterInput(() => {
        seen.push('deadline')
        resolve()
      })
    }, 1)
  })
  t.same(seen, ['in time', 'deadline'])
})

t.test('each that waits has its turn, and those that left none', async t => {
  const asked: string[] = []
  const leave = ['a', 'b', 'c'].map(name =>
    addInputTurn(done => {
      asked.push(name)
      setImmediate(done)
    }),
  )
  leave[1]?.()
  await new Promise<void>(resolve => afterInput(resolve))
  t.same(asked, ['a', 'c'])
  leave.forEach(each => each())
  await new Promise<void>(resolve => afterInput(resolve))
  t.same(asked, ['a', 'c'])
})

nativeTest('what a poller watches is handled first', async (t, libc, defer) => {
  const poller = createPoller(libc)
  defer(() => poller.close())
  // While events come, while it waits itself for a moment, and while another thread waits.
  for (const idleMs of [0, 5, 100]) {
    const pairs = Array.from({ length: 300 }, () => fdPair(libc, 'unix'))
    const seen: string[] = []
    let isWatching = false
    for (const [inner, outer] of pairs) {
      defer(() => [inner, outer].forEach(libc.close))
      poller.watch(inner, events => {
        if (!isWatching || (events & 1) === 0) return
        seen.push('event')
        poller.soon(() => seen.push('soon'))
      })
    }
    await new Promise(resolve => setTimeout(resolve, 10 + idleMs))
    isWatching = true
    for (const [, outer] of pairs) libc.send(outer, Buffer.from('x'), 1, 0)
    sleepWholeThread(5)
    await new Promise<void>(resolve => {
      afterInput(() => {
        seen.push('deadline')
        resolve()
      })
    })
    t.equal(seen.filter(word => word === 'event').length, pairs.length)
    t.equal(seen.filter(word => word === 'soon').length, pairs.length)
    t.equal(seen.at(-1), 'deadline', `idle for ${idleMs} ms`)
    for (const [inner] of pairs) poller.unwatch(inner)
  }
})

nativeTest('a poller that is closed meanwhile lets deadlines come', async (t, libc) => {
  const poller = createPoller(libc)
  const came = new Promise<void>(resolve => afterInput(resolve))
  await new Promise(resolve => setImmediate(resolve))
  poller.close()
  await came
  let isLate = false
  afterInput(() => (isLate = true))
  t.ok(await eventually(() => isLate), 'and none of it is left')
})

t.test('an idle poller is woken', { skip: !loadLibc().ok }, async t => {
  const loaded = loadLibc()
  if (!loaded.ok) return
  const { libc } = loaded
  const poller = createPoller(libc)
  const [inner, outer] = fdPair(libc, 'unix')
  poller.watch(inner, () => {})
  // Longer than it waits itself: a thread of the pool does.
  await new Promise(resolve => setTimeout(resolve, 100))
  const startedAt = performance.now()
  await new Promise<void>(resolve => afterInput(resolve))
  t.ok(performance.now() - startedAt < 2000)
  poller.unwatch(inner)
  libc.close(inner)
  libc.close(outer)
  poller.close()
})
