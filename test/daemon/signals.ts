import { readFile } from 'node:fs/promises'
import t from 'tap'
import { createHandSignals } from '../fixtures/hand-signals.ts'

void t.test('no signal ends the process, and each reaches the listener', async t => {
  const { signals, send, exits, caught } = createHandSignals()
  t.strictSame(caught(), ['SIGHUP', 'SIGINT', 'SIGTERM'])
  const received: string[] = []
  signals.onSignal(signal => void received.push(signal))
  for (const signal of ['SIGHUP', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const) send(signal)
  t.strictSame(received, ['SIGHUP', 'SIGTERM', 'SIGINT', 'SIGHUP'])
  t.strictSame(exits, [])
})

void t.test('signals are queued until a listener is added, SIGHUP once', async t => {
  const { signals, send, exits } = createHandSignals()
  t.equal(signals.ending(), undefined)
  send('SIGHUP')
  send('SIGHUP')
  t.equal(signals.ending(), undefined, 'SIGHUP does not end the daemon')
  send('SIGINT')
  t.equal(signals.ending(), 'SIGINT')
  const received: string[] = []
  signals.onSignal(signal => void received.push(signal))
  t.strictSame(received, ['SIGHUP', 'SIGINT'])
  t.equal(signals.ending(), undefined)
  t.strictSame(exits, [])
})

void t.test('a second SIGTERM or SIGINT ends the process at once', async t => {
  for (const [first, second, status] of [
    ['SIGTERM', 'SIGTERM', 143],
    ['SIGTERM', 'SIGINT', 130],
  ] as const) {
    const { send, exits } = createHandSignals()
    send(first)
    send('SIGHUP')
    t.strictSame(exits, [])
    send(second)
    t.strictSame(exits, [status])
  }
})

void t.test(
  'after the listener was removed, SIGHUP is ignored, and the others end the process',
  async t => {
    const { signals, send, exits, caught } = createHandSignals()
    const stop = signals.onSignal(() => t.fail('nobody listens'))
    stop()
    send('SIGHUP')
    t.strictSame(exits, [])
    send('SIGTERM')
    t.strictSame(exits, ['none'], 'with its own exit status')
    t.equal(caught().length, 3)
  },
)

void t.test('release restores the default action, also for queued signals', async t => {
  const { signals, send, raised, caught } = createHandSignals()
  send('SIGTERM')
  send('SIGHUP')
  await signals.release()
  t.strictSame(caught(), [])
  t.strictSame(raised, ['SIGTERM 77', 'SIGHUP 77'])
})

void t.test('take returns the queued signals, and leaves them to their new listeners', async t => {
  const { signals, send, raised, exits, caught } = createHandSignals({}, ['SIGUSR1'])
  t.strictSame(caught(), ['SIGUSR1', 'SIGHUP', 'SIGINT', 'SIGTERM'])
  send('SIGUSR1')
  send('SIGUSR1')
  send('SIGTERM')
  t.equal(signals.ending(), 'SIGTERM')
  t.strictSame(signals.take(), ['SIGTERM', 'SIGUSR1'])
  t.strictSame(caught(), [])
  t.strictSame([raised, exits], [[], []])
})

void t.test('settled waits for a whole turn of the event loop', async t => {
  const { signals } = createHandSignals()
  // As after input or a file was read: what has been received since then is delivered in the next turn.
  await readFile(new URL(import.meta.url))
  const order: string[] = []
  const whole = new Promise<void>(resolve => {
    setImmediate(() => setImmediate(resolve))
  }).then(() => order.push('turn'))
  await signals.settled().then(() => order.push('settled'))
  await whole
  t.strictSame(order, ['turn', 'settled'])
})

void t.test('a signal that npm forwards after the terminal counts once', async t => {
  const received: string[] = []
  const { signals, send, clock } = createHandSignals({ npm_lifecycle_event: 'start' })
  signals.onSignal(signal => void received.push(signal))
  send('SIGINT')
  clock.advance(199)
  send('SIGINT')
  send('SIGTERM')
  t.strictSame(received.splice(0), ['SIGINT', 'SIGTERM'], 'a different signal counts')
  clock.advance(1)
  send('SIGINT')
  t.strictSame(received.splice(0), ['SIGINT'], 'a second Ctrl-C counts')
  const plain = createHandSignals()
  plain.signals.onSignal(signal => void received.push(signal))
  plain.send('SIGINT')
  plain.send('SIGINT')
  t.strictSame(received, ['SIGINT', 'SIGINT'], 'without npm each counts')
})
