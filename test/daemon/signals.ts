import { EventEmitter } from 'node:events'
import t from 'tap'
import { signalsOf } from '../../src/daemon/signals.ts'

void t.test('each signal is told until nobody listens any more', async t => {
  const source = new EventEmitter()
  const heard: string[] = []
  const stop = signalsOf(source as unknown as NodeJS.Process)(signal => void heard.push(signal))
  source.emit('SIGHUP')
  source.emit('SIGTERM')
  source.emit('SIGINT')
  source.emit('SIGUSR2')
  t.strictSame(heard, ['SIGHUP', 'SIGTERM', 'SIGINT'])
  stop()
  source.emit('SIGTERM')
  t.equal(heard.length, 3)
  t.strictSame(source.eventNames(), [])
})
