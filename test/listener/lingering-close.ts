import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import t from 'tap'

import { LINGER_MS, lingeringClose } from '../../src/listener/lingering-close.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'

const linger = () => {
  const clock = createHandClock()
  const calls: string[] = []
  const socket = Object.assign(new EventEmitter(), {
    destroy: () => void calls.push('destroy'),
    end: (answer: Uint8Array) => void calls.push(`end ${Buffer.from(answer).toString()}`),
    resume: () => void calls.push('resume'),
  })
  lingeringClose(socket as unknown as Socket, Buffer.from('no'), clock)
  return { clock, calls, socket }
}

t.test('the answer and FIN at once, what comes is thrown away, and an end after 2 s', async t => {
  const { clock, calls } = linger()
  t.same(calls, ['end no', 'resume'])
  clock.advance(LINGER_MS - 1)
  t.equal(calls.length, 2)
  clock.advance(1)
  t.same(calls.slice(2), ['destroy'])
})

t.test('no timer is left where the client closes first', async t => {
  const { clock, calls, socket } = linger()
  socket.emit('close')
  t.equal(clock.pending(), 0)
  t.equal(calls.length, 2)
  t.equal(socket.listenerCount('close'), 0)
})
