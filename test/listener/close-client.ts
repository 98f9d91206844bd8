import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import t from 'tap'
import type { Transport } from '../../src/listener/accepted.ts'
import type { Closing } from '../../src/listener/close-client.ts'
import { LINGER_MS, closeClient, lingeringClose } from '../../src/listener/close-client.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'

/** A socket that writes down what it is calls. */
const callsOf = (closing: Closing, transport: Transport, destroyed = false): string[] => {
  const calls: string[] = []
  const note =
    (name: string) =>
    (argument?: Uint8Array): void =>
      void calls.push(argument ? `${name} ${Buffer.from(argument).toString()}` : name)
  const socket = Object.assign(new EventEmitter(), {
    destroyed,
    destroy: note('destroy'),
    resetAndDestroy: note('reset'),
    end: note('end'),
    resume: note('resume'),
  })
  closeClient(socket as unknown as Socket, transport, closing, createHandClock())
  return calls
}

t.test('how a client is parted with', async t => {
  const answer = Buffer.from('no')
  t.same(callsOf('close', 'tcp'), ['destroy'])
  t.same(callsOf('reset', 'tcp'), ['reset'])
  t.same(callsOf('reset', 'unix'), ['destroy'], 'a UNIX socket knows no RST')
  t.same(callsOf({ answer }, 'tcp'), ['end no', 'resume'])
  t.same(callsOf({ answer }, 'unix'), ['end no', 'resume'])
  t.same(callsOf({ answer: Buffer.alloc(0) }, 'tcp'), ['destroy'])
  for (const closing of ['close', 'reset', { answer }] as const) {
    t.same(callsOf(closing, 'tcp', true), [], 'gone already')
  }
})

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
