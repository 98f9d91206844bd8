import { getEventListeners } from 'node:events'
import t from 'tap'
import { onAbort } from '../../src/library/on-abort.ts'

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length

void t.test('many wait, one listens', async t => {
  const { signal } = new AbortController()
  const releases = Array.from({ length: 100 }, () => onAbort(signal, () => t.fail('released')))
  t.equal(listeners(signal), 1)
  for (const release of releases.slice(1)) release()
  t.equal(listeners(signal), 1)
  releases[0]?.()
  releases[0]?.()
  t.equal(listeners(signal), 0)
  onAbort(signal, () => {})()
  t.equal(listeners(signal), 0)
})

void t.test('each is called once, at once', async t => {
  const controller = new AbortController()
  const { signal } = controller
  const called: number[] = []
  const same = (): unknown => called.push(0)
  onAbort(signal, same)
  onAbort(signal, same)
  const release = onAbort(signal, () => called.push(1))
  onAbort(signal, () => called.push(2))()
  controller.abort()
  t.same(called, [0, 0, 1])
  t.equal(listeners(signal), 0)
  release()
})

void t.test('one that goes while they are called is not', async t => {
  const controller = new AbortController()
  const { signal } = controller
  let release = (): void => {}
  onAbort(signal, () => release())
  release = onAbort(signal, () => t.fail('released'))
  controller.abort()
  t.equal(listeners(signal), 0)
})
