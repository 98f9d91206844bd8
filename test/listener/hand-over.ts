import type { Socket } from 'node:net'
import t from 'tap'

import { createEarlyData } from '../../src/listener/early-data.ts'
import type { ListenerEvent } from '../../src/listener/events.ts'
import { handOver } from '../../src/listener/hand-over.ts'
import { createLiveSessions } from '../../src/listener/live-sessions.ts'
import type { SessionState } from '../../src/listener/session-state.ts'
import type { Join, PipeOptions } from '../../src/pipe/types.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { settled } from '../fixtures/script-lookup.ts'

const onData = (): void => {}
const onEnd = (): void => {}
const onClose = (): void => {}
const end = (): void => {}

const createState = (join: Join, more: Partial<SessionState> = {}) => {
  const calls: string[] = []
  const events: ListenerEvent[] = []
  const client = {
    off: (name: string, listener: () => void) => {
      calls.push(`off ${name} ${listener.name}`)
      return client
    },
    pause: () => calls.push('pause'),
    destroy: () => calls.push('destroy client'),
  }
  const upstream = { destroy: () => calls.push('destroy upstream') }
  const state = {
    accepted: {
      socket: client,
      peer: { text: 'unix' },
      acceptedAt: 0,
      release: () => {},
    },
    parts: {
      join,
      clock: createHandClock(),
      sessions: createLiveSessions(),
      emit: (event: ListenerEvent) => void events.push(event),
      waits: {
        idleTimeoutMs: 1e3,
        halfCloseTimeoutMs: 100,
      },
    },
    onData,
    onEnd,
    onClose,
    phase: 'race',
    protocol: {},
    early: null,
    onEarly: () => {},
    ending: null,
    clientEnded: false,
    ...more,
  } as unknown as SessionState
  return { state, calls, events, upstream: upstream as unknown as Socket }
}

const record = (): { join: Join; given: PipeOptions[] } => {
  const given: PipeOptions[] = []
  const result = { bytesUp: 1, bytesDown: 2, engine: 'stream', reason: 'eof' } as const
  return {
    given,
    join: (_client, _upstream, options, done) => {
      given.push(options)
      queueMicrotask(() => done(result))
      return end
    },
  }
}

t.test('the pipe gets quiet sockets, and what it needs and no more', async t => {
  const { join, given } = record()
  const { state, calls, events, upstream } = createState(join)
  handOver(state, upstream)
  t.same(calls, ['off data onData', 'off end onEnd', 'off close onClose', 'pause'])
  t.same(given, [{ idleTimeoutMs: 1000, halfCloseTimeoutMs: 100 }])
  t.match(state, { phase: 'pipe', early: null, onEarly: null, protocol: null, ending: null })
  t.equal(state.endPipe, end)
  t.equal(events.length, 0)
  await settled()
  t.match(events, [{ type: 'close', bytesUp: 1, bytesDown: 2, reason: 'eof' }])
  t.equal(state.phase, 'over')
})

t.test('early data and a closed side go along', async t => {
  const { join, given } = record()
  const early = createEarlyData()
  early.push(Buffer.from('early'))
  const { state, upstream } = createState(join, { early, clientEnded: true })
  handOver(state, upstream)
  t.match(given, [{ early: Buffer.from('early'), clientEnded: true }])
  await settled()
})

t.test('what the target has had of the early data counts, and is not sent again', async t => {
  for (const [sentBytes, rest] of [
    [5, undefined],
    [3, 'ly'],
  ] as const) {
    const { join, given } = record()
    const early = createEarlyData()
    early.push(Buffer.from('early'))
    const { state, upstream } = createState(join, { early })
    handOver(state, upstream, sentBytes)
    t.equal(given[0]?.sentBytes, sentBytes)
    t.equal(given[0]?.early?.toString(), rest)
    await settled()
  }
})

t.test('a pipe that breaks its word costs one connection', async t => {
  const { state, calls, events, upstream } = createState(() => {
    throw new Error('a bug')
  })
  handOver(state, upstream)
  t.same(calls.slice(4), ['destroy client', 'destroy upstream'])
  t.match(events, [{ type: 'close', reason: 'error', bytesUp: 0 }])
})
