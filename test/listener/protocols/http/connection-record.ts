import t from 'tap'
import { createConnectionRecord } from '../../../../src/listener/protocols/http/connection-record.ts'
import type { HandClock } from '../../../fixtures/hand-clock.ts'
import { FACTS, createState } from '../../../fixtures/session-state.ts'

const GONE = { reason: 'protocol', message: 'left' } as const
const REFUSAL = { ...GONE, status: 403, answer: new Uint8Array(0) } as const

t.test('a request has its own bytes and time, and no query', async t => {
  const { state, events } = createState()
  const clock = state.parts.clock as HandClock
  const record = createConnectionRecord(state, 100)
  clock.advance(5)
  record.readBytes(10)
  t.equal(record.movedAt(), 105)
  clock.advance(5)
  record.beginRequest()
  record.readBytes(1000)
  record.wroteBytes(2)
  clock.advance(7)
  const request = {
    head: { method: 'GET', target: '', version: '1.1', fields: [], bytes: new Uint8Array(0) },
    target: { host: 'example.com', port: 443 },
    path: '/a?token=secret?b',
    framing: { type: 'none' },
  } as const
  record.emitRequest(request, 200, 110)
  const sizes = { bytesUp: 110, bytesDown: 2, durationMs: 7 }
  const event = { type: 'request', ...FACTS, method: 'GET', path: '/a', status: 200, ...sizes }
  t.same(events, [event])
  record.beginRequest()
  record.emitRequest(request, 200, 150)
  t.same(events.slice(1), [{ ...event, bytesUp: 40, bytesDown: 0, durationMs: 0 }])
})

t.test('the bytes so far, which count once a target was connected', async t => {
  const { state } = createState()
  const { live } = state
  const record = createConnectionRecord(state, 100)
  let [won, isEnded] = [null as { user: null; target: null } | null, false]
  let isRacing = true
  const winner = { address: '192.0.2.7', port: 443 }
  record.setLive(() => (isEnded = true), {
    lastWon: () => won,
    isRacing: () => isRacing,
    connectedTo: () => won && winner,
  })
  t.same(live.describe(), { ...FACTS, state: 'race', winner: null })
  isRacing = false
  t.match(live.describe(), { state: 'handshake', winner: null })
  record.readBytes(1)
  record.wroteBytes(2)
  t.same([live.bytesUp(), live.bytesDown()], [0, 0])
  won = { user: null, target: null }
  t.same(live.describe(), { ...FACTS, state: 'relay', winner })
  t.same([live.bytesUp(), live.bytesDown()], [101, 2])
  live.end()
  t.ok(isEnded)
})

t.test('the end of a connection that reached a target', async t => {
  const { state, events } = createState()
  const record = createConnectionRecord(state, 100)
  record.wroteBytes(3)
  record.endsBy('target-reset')
  record.endsBy('idle')
  t.equal(record.endsIdle(), false, 'the first reason stays')
  record.emitRejected(REFUSAL)
  record.emitEnd(true, GONE)
  const end = { bytesUp: 100, bytesDown: 3, durationMs: 60, engine: 'stream' }
  t.same(events, [
    { type: 'rejected', ...FACTS, ...GONE, probe: false, reply: 403 },
    { type: 'close', ...FACTS, ...end, reason: 'target-reset' },
  ])
})

t.test('one that reached none has one event', async t => {
  const typesOf = (run: (record: ReturnType<typeof createConnectionRecord>) => void) => {
    const { state, events } = createState()
    const record = createConnectionRecord(state, 0)
    run(record)
    record.emitEnd(false, GONE)
    return events.map(({ type }) => type)
  }
  t.same(
    typesOf(() => {}),
    ['rejected'],
  )
  t.same(
    typesOf(record => record.emitRejected(REFUSAL)),
    ['rejected'],
  )
  t.same(
    typesOf(record => record.raceEnded()),
    [],
    'the event of the race says it',
  )
  t.same(
    typesOf(record => record.endsBy('drain')),
    ['close'],
  )
})
