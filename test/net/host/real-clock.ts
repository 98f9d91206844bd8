import t from 'tap'
import { DURATION_MAX_MS } from '../../../src/core/duration.ts'
import { createRealClock } from '../../../src/net/host/real-clock.ts'
import { socketPair } from '../../fixtures/socket-pair.ts'

void t.test('the clock is monotonic, and a timer fires after its delay', async t => {
  const clock = createRealClock()
  const begin = clock.now()
  await new Promise<void>(resolve => clock.after(20, resolve))
  // Timers may come early by a fraction of a millisecond.
  t.ok(clock.now() - begin >= 19)
})

void t.test('a timer that is cancelled does not run; cancelling again does nothing', async t => {
  const clock = createRealClock()
  const cancel = clock.after(1, () => t.fail('it was cancelled'))
  cancel()
  cancel()
  await new Promise<void>(resolve => clock.after(15, resolve))
  const cancelDone = clock.after(0, () => t.pass('below 0 and 0 are at once'))
  await new Promise<void>(resolve => clock.after(-5, () => clock.after(5, resolve)))
  cancelDone()
})

void t.test('a negative delay causes no warning', async t => {
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const clock = createRealClock()
  await new Promise<void>(resolve => clock.after(-0.5, resolve))
  await new Promise<void>(resolve => clock.after(5, resolve))
  t.same(warnings, [])
})

void t.test('a delay above the maximum of a timer does not fire at once', async t => {
  const clock = createRealClock()
  const cancel = clock.after(DURATION_MAX_MS * 2, () => t.fail('24 days are not over'))
  await new Promise<void>(resolve => clock.after(10, resolve))
  cancel()
  t.pass()
})

void t.test('a background timer does not keep the process alive', async t => {
  const timers = (): number =>
    process.getActiveResourcesInfo().filter(kind => kind === 'Timeout').length
  const before = timers()
  const cancel = createRealClock({ background: true }).after(10_000, () => {})
  t.equal(timers(), before)
  const cancelOther = createRealClock().after(10_000, () => {})
  t.equal(timers(), before + 1)
  cancel()
  cancelOther()
})

const blockThread = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

void t.test('a late timer lets input be handled first, which may cancel it', async t => {
  const clock = createRealClock()
  const { outer, inner } = await socketPair(t)
  const seen: string[] = []
  let cancel = (): void => {}
  inner.on('data', (chunk: Buffer) => {
    seen.push(chunk.toString())
    cancel()
  })
  inner.resume()
  for (const isCancelled of [false, true]) {
    seen.length = 0
    const came = new Promise<void>(resolve => {
      const cancelDeadline = clock.after(20, () => {
        seen.push('deadline')
        resolve()
      })
      cancel = () => {
        if (!isCancelled) return
        cancelDeadline()
        clock.after(50, resolve)
      }
    })
    outer.write('in time')
    blockThread(100)
    await came
    t.same(seen, isCancelled ? ['in time'] : ['in time', 'deadline'])
  }
})

void t.test('timers behind a late one keep their order', async t => {
  const clock = createRealClock()
  const came: string[] = []
  const done = new Promise<void>(resolve => {
    clock.after(10, () => came.push('late'))
    clock.after(95, () => {
      came.push('hardly late')
      resolve()
    })
  })
  blockThread(100)
  await done
  t.same(came, ['late', 'hardly late'])
})
