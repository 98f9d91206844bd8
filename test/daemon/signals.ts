import t from 'tap'
import { createHandSignals } from '../fixtures/hand-signals.ts'

void t.test('none ends the process, each is given to who listens', async t => {
  const { signals, send, exits, caught } = createHandSignals()
  t.strictSame(caught(), ['SIGHUP', 'SIGINT', 'SIGTERM'])
  const heard: string[] = []
  signals.onSignal(signal => void heard.push(signal))
  for (const signal of ['SIGHUP', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const) send(signal)
  t.strictSame(heard, ['SIGHUP', 'SIGTERM', 'SIGINT', 'SIGHUP'])
  t.strictSame(exits, [])
})

void t.test('what comes before is remembered: SIGHUP once', async t => {
  const { signals, send, exits } = createHandSignals()
  t.equal(signals.ending(), undefined)
  send('SIGHUP')
  send('SIGHUP')
  t.equal(signals.ending(), undefined, 'it ends nothing')
  send('SIGINT')
  t.equal(signals.ending(), 'SIGINT')
  const heard: string[] = []
  signals.onSignal(signal => void heard.push(signal))
  t.strictSame(heard, ['SIGHUP', 'SIGINT'])
  t.equal(signals.ending(), undefined)
  t.strictSame(exits, [])
})

void t.test('a second one that is to end it does so at once', async t => {
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

void t.test('when nobody listens any more, SIGHUP is nothing and the others hurry', async t => {
  const { signals, send, exits, caught } = createHandSignals()
  const stop = signals.onSignal(() => t.fail('nobody listens'))
  stop()
  send('SIGHUP')
  t.strictSame(exits, [])
  send('SIGTERM')
  t.strictSame(exits, ['none'], 'with the status that it has')
  t.equal(caught().length, 3)
})

void t.test('given back, they have their default action, those that came too', async t => {
  const { signals, send, raised, caught } = createHandSignals()
  send('SIGTERM')
  send('SIGHUP')
  await signals.release()
  t.strictSame(caught(), [])
  t.strictSame(raised, ['SIGTERM 77', 'SIGHUP 77'])
})

void t.test('what npm passes on, and the terminal has sent already, counts once', async t => {
  const heard: string[] = []
  const { signals, send, clock } = createHandSignals({ npm_lifecycle_event: 'start' })
  signals.onSignal(signal => void heard.push(signal))
  send('SIGINT')
  clock.advance(199)
  send('SIGINT')
  send('SIGTERM')
  t.strictSame(heard.splice(0), ['SIGINT', 'SIGTERM'], 'another one is another one')
  clock.advance(1)
  send('SIGINT')
  t.strictSame(heard.splice(0), ['SIGINT'], 'a second Ctrl-C of somebody')
  const plain = createHandSignals()
  plain.signals.onSignal(signal => void heard.push(signal))
  plain.send('SIGINT')
  plain.send('SIGINT')
  t.strictSame(heard, ['SIGINT', 'SIGINT'], 'without npm each counts')
})
