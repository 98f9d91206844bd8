import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import t from 'tap'

import { sayFarewell } from '../../src/listener/farewell.ts'
import type { Transport } from '../../src/listener/peer.ts'
import type { Farewell } from '../../src/listener/session-types.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'

/** A socket that writes down what it is told. */
const told = (farewell: Farewell, transport: Transport, destroyed = false): string[] => {
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
  sayFarewell(socket as unknown as Socket, transport, farewell, createHandClock())
  return calls
}

t.test('how a client is parted with', async t => {
  const answer = Buffer.from('no')
  t.same(told('close', 'tcp'), ['destroy'])
  t.same(told('reset', 'tcp'), ['reset'])
  t.same(told('reset', 'unix'), ['destroy'], 'a UNIX socket knows no RST')
  t.same(told({ answer }, 'tcp'), ['end no', 'resume'])
  t.same(told({ answer }, 'unix'), ['end no', 'resume'])
  t.same(told({ answer: Buffer.alloc(0) }, 'tcp'), ['destroy'])
  for (const farewell of ['close', 'reset', { answer }] as const) {
    t.same(told(farewell, 'tcp', true), [], 'gone already')
  }
})
