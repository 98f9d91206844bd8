import type { Socket } from 'node:net'
import t from 'tap'

import { createEarlyData } from '../../src/listener/early-data.ts'
import type { ListenerEvent } from '../../src/listener/events.ts'
import { createRequester, settleAbandoned } from '../../src/core/requester.ts'
import { handOver } from '../../src/listener/hand-over.ts'
import { createLiveSession, createLiveSessions } from '../../src/listener/live-sessions.ts'
import type { SessionState } from '../../src/listener/session-state.ts'
import type { Join, Pipe, PipeOptions } from '../../src/pipe/join.ts'
import { collectGarbage } from '../fixtures/collect-garbage.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { settled } from '../fixtures/script-lookup.ts'
import { liveAccepted } from '../fixtures/live-accepted.ts'

const IDLE: Pipe = { end: () => {}, bytesUp: () => 0, bytesDown: () => 0 }
const WINNER = { address: '192.0.2.7', port: 443 }
const onData = (): void => {}
const onEnd = (): void => {}
const onClose = (): void => {}

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
  const live = createLiveSession(liveAccepted('s'), () => void calls.push('end session'))
  const sessions = createLiveSessions()
  sessions.add(live)
  const places = { client: 'unix', taken: 1 }
  const state = {
    accepted: {
      socket: client,
      peer: { text: 'unix' },
      acceptedAt: 0,
      conn: 'c1',
      listener: 'mixed-1080',
    },
    places,
    live,
    parts: {
      join,
      clock: createHandClock(),
      sessions,
      admission: { leave: (which: unknown) => calls.push(`leave ${which === places}`) },
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
    protocol: 'http',
    user: 'eve',
    target: 'example.com:443',
    requester: null,
    early: null,
    clientEnded: false,
    ...more,
  } as unknown as SessionState
  return { state, calls, events, sessions, upstream: upstream as unknown as Socket }
}

const record = (): { join: Join; given: PipeOptions[] } => {
  const given: PipeOptions[] = []
  const result = { bytesUp: 1, bytesDown: 2, engine: 'stream', reason: 'eof' } as const
  return {
    given,
    join: (_client, _upstream, options, done) => {
      given.push(options)
      queueMicrotask(() => done(result))
      return IDLE
    },
  }
}

t.test('the pipe gets quiet sockets, and what it needs and no more', async t => {
  const { join, given } = record()
  const { state, calls, events, sessions, upstream } = createState(join)
  const emptied: string[] = []
  sessions.whenEmpty(() => emptied.push(`empty after ${events.length}`))
  handOver(state, upstream, WINNER)
  t.same(calls, ['off data onData', 'off end onEnd', 'off close onClose', 'pause'])
  t.same(given, [{ idleTimeoutMs: 1000, halfCloseTimeoutMs: 100 }])
  t.equal(state.phase, 'over')
  t.equal(events.length, 0)
  const facts = {
    conn: 'c1',
    listener: 'mixed-1080',
    protocol: 'http',
    client: 'unix',
    user: 'eve',
  }
  const [piped] = sessions.all()
  t.same(piped?.describe(), {
    ...facts,
    target: 'example.com:443',
    state: 'relay',
    winner: WINNER,
  })
  await settled()
  const result = { bytesUp: 1, bytesDown: 2, engine: 'stream', reason: 'eof' }
  const more = { durationMs: 0, target: 'example.com:443' }
  t.same(events, [{ type: 'close', ...facts, ...more, ...result }])
  t.same(calls.slice(4), ['leave true'])
  t.same(emptied, ['empty after 1'], 'its place among those that live is never empty before')
})

t.test('its place is taken until the queries of its race are over', async t => {
  const requester = createRequester()
  requester.abandoned = 2
  const { join } = record()
  const { state, calls, events, upstream } = createState(join, { requester })
  handOver(state, upstream, WINNER)
  await settled()
  t.match(events, [{ type: 'close' }])
  settleAbandoned(requester)
  t.notOk(calls.includes('leave true'), 'one is still in flight')
  settleAbandoned(requester)
  t.equal(calls.at(-1), 'leave true')

  const early = createRequester()
  early.abandoned = 1
  const second = createState(record().join, { requester: early })
  handOver(second.state, second.upstream, WINNER)
  settleAbandoned(early)
  await settled()
  t.equal(second.calls.at(-1), 'leave true', 'over before the pipe')
})

t.test('the pipe counts its bytes and ends it', async t => {
  let ended = 0
  const { state, calls, sessions, upstream } = createState(() => ({
    end: () => void ended++,
    bytesUp: () => 5,
    bytesDown: () => 6,
  }))
  handOver(state, upstream, WINNER)
  t.equal(sessions.size(), 1)
  const [piped] = [...sessions.all()]
  t.same([piped?.listener, piped?.bytesUp(), piped?.bytesDown()], ['mixed-1080', 5, 6])
  sessions.endAll()
  t.equal(ended, 1)
  t.notOk(calls.includes('end session'))
})

t.test('nothing of the session is kept for the pipe', async t => {
  const dones: unknown[] = []
  const begin = (): WeakRef<object>[] => {
    const early = createEarlyData()
    early.push(Buffer.from('early'))
    const { state, upstream, sessions } = createState(
      (_client, _upstream, _options, done) => {
        dones.push(done, sessions)
        return IDLE
      },
      { early },
    )
    handOver(state, upstream, WINNER)
    return [state, state.accepted, early].map(each => new WeakRef(each))
  }
  const kept = begin()
  // What a WeakRef was made for is held for the rest of that turn.
  await new Promise(resolve => setImmediate(resolve))
  collectGarbage()
  t.equal(dones.length, 2)
  t.same(
    kept.map(each => each.deref()),
    [undefined, undefined, undefined],
  )
})

t.test('early data and a closed side go along', async t => {
  const { join, given } = record()
  const early = createEarlyData()
  early.push(Buffer.from('early'))
  const { state, upstream } = createState(join, { early, clientEnded: true })
  handOver(state, upstream, WINNER)
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
    handOver(state, upstream, WINNER, sentBytes)
    t.equal(given[0]?.sentBytes, sentBytes)
    t.equal(given[0]?.early?.toString(), rest)
    await settled()
  }
})

t.test('a pipe that breaks its word costs one connection', async t => {
  const { state, calls, events, upstream } = createState(() => {
    throw new Error('a bug')
  })
  handOver(state, upstream, WINNER)
  t.same(calls.slice(4), ['destroy client', 'destroy upstream', 'leave true'])
  t.match(events, [{ type: 'close', reason: 'error', bytesUp: 0 }])
})
