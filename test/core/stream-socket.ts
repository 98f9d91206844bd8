import { EventEmitter } from 'node:events'
import t from 'tap'
import { ignoreErrors } from '../../src/core/stream-socket.ts'

void t.test('an error that nobody hears is not thrown', async t => {
  const emitter = new EventEmitter()
  t.throws(() => emitter.emit('error', new Error('thrown')))
  ignoreErrors(emitter)
  t.equal(emitter.emit('error', new Error('heard')), true)
})
