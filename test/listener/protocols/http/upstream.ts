import t from 'tap'
import { createUpstream } from '../../../../src/listener/protocols/http/upstream.ts'
import type { Opened } from '../../../../src/listener/protocols/http/upstream.ts'
import type { Denial, Judge, Permit } from '../../../../src/core/judge.ts'
import type { DialRequest, DialResult } from '../../../../src/eyeballs/types.ts'
import type { StreamSocket } from '../../../../src/core/stream-socket.ts'
import type { RaceTrace } from '../../../../src/eyeballs/race/types.ts'
import { KEEP_ALIVE_AGE_MS, createKeptTargets } from '../../../../src/pipe/kept-targets.ts'
import { createHandClock } from '../../../fixtures/hand-clock.ts'
import { eventually } from '../../../fixtures/in-parallel.ts'
import { createState } from '../../../fixtures/session-state.ts'
import { socketPair } from '../../../fixtures/socket-pair.ts'
import type { Test } from 'tap'

const TARGET = { host: 'example.com', port: 80 }
const CANDIDATE = { host: 'example.com', address: '192.0.2.1', port: 80, source: 'dns' }
const LOCAL = { address: '192.0.2.77', port: 4 }
const TRACE: RaceTrace = { v: 1, config: {}, entries: [] } as unknown as RaceTrace

/** An upstream whose races the test decides. */
const open = async (t: Test) => {
  const { state, events } = createState()
  const pair = await socketPair(t)
  const races: {
    readonly request: DialRequest
    readonly settle: (result: DialResult<StreamSocket>) => void
    readonly fail: (error: unknown) => void
  }[] = []
  const rules: { verdict: Denial | Permit | undefined } = { verdict: undefined }
  let left = 0
  let held = 0
  let moves = 0
  const clock = createHandClock()
  const kept: StreamSocket[] = []
  Object.assign(state.accepted, {
    socket: pair.inner,
    peer: { text: '192.0.2.1:7', key: '192.0.2.1', ip: null, isLocal: true },
  })
  Object.assign(state.parts, {
    isOwnListener: () => false,
    keptTargets: createKeptTargets(clock, target => kept.push(target)),
    access: { judge: () => rules.verdict, hasPaths: true },
    race: (
      request: DialRequest,
      settle: (result: DialResult<StreamSocket>) => void,
      fail: (error: unknown) => void,
    ) => {
      races.push({ request, settle, fail })
      return () => {
        left++
        settle({ outcome: 'aborted', trace: TRACE })
      }
    },
  })
  const upstream = createUpstream(state, {
    moved: () => void moves++,
    hold: () => {
      held++
      return () => held--
    },
  })
  const opened: Opened[] = []
  const ask = (target = TARGET): void => upstream.open(target, result => void opened.push(result))
  /** Lets the newest race be won. */
  const win = async (): Promise<Awaited<ReturnType<typeof socketPair>>> => {
    const sockets = await socketPair(t)
    const race = races.at(-1)
    race?.request.judge?.(CANDIDATE)
    const { address, port } = CANDIDATE
    race?.settle({
      outcome: 'won',
      socket: sockets.inner,
      address,
      port,
      local: LOCAL,
      trace: TRACE,
    })
    return sockets
  }
  const figures = () => ({ races: races.length, left, held, opened: opened.length })
  const movesOf = () => moves
  const parts = { state, events, upstream, races, rules }
  return { ...parts, opened, ask, win, figures, movesOf, clock, kept }
}

/** Marks the newest connection as idle, as the end of a response does. */
const rest = (opened: readonly Opened[]): void => {
  const newest = opened.at(-1)
  if (newest?.ok === true) newest.stream.isBusy = false
}

t.test('one connection serves one target again and again', async t => {
  const { upstream, opened, ask, win, figures, events, races } = await open(t)
  ask()
  t.equal(upstream.isRacing(), true)
  t.match(races[0]?.request, { targets: [TARGET], hasPaths: true })
  await win()
  t.equal(upstream.isRacing(), false)
  t.match(opened[0], { ok: true, isReused: false })
  rest(opened)
  ask()
  t.match(opened[1], { ok: true, isReused: true })
  const keys = opened.map(each => (each.ok ? each.key : ''))
  t.equal(keys[0], keys[1])
  t.same(figures(), { races: 1, left: 0, held: 1, opened: 2 })
  ask()
  t.equal(figures().races, 2, 'not while a request is on it')
  await win()
  t.match(events, [
    { type: 'race', outcome: 'won', reply: null },
    { type: 'race', outcome: 'won' },
  ])
  upstream.close()
  t.ok(await eventually(() => figures().held === 0))
})

t.test('the facts of the last race that was won', async t => {
  const { state, upstream, opened, ask, win, movesOf } = await open(t)
  t.equal(upstream.lastWon(), null)
  ask()
  t.equal(movesOf(), 0)
  await win()
  t.equal(movesOf(), 1, 'the end of a race is a move')
  t.same(upstream.lastWon(), { user: 'eve', target: 'example.com:443' })
  rest(opened)
  Object.assign(state, { user: 'adam', target: 'other.example:80' })
  ask({ host: 'other.example', port: 80 })
  upstream.close()
  t.equal(movesOf(), 2)
  t.same(
    upstream.lastWon(),
    { user: 'eve', target: 'example.com:443' },
    'one that was left is none',
  )
})

t.test('a connection gets keepalive as others do, unless it ends before', async t => {
  const { upstream, opened, ask, win, figures, clock, kept } = await open(t)
  ask()
  const { inner } = await win()
  clock.advance(KEEP_ALIVE_AGE_MS - 1)
  t.same(kept, [])
  clock.advance(1)
  t.equal(kept.length, 1)
  t.equal(kept[0], inner)
  rest(opened)
  ask()
  t.equal(clock.pending(), 0, 'once, however many requests use it')
  upstream.close()
  t.ok(await eventually(() => figures().held === 0))
  ask()
  await win()
  t.equal(clock.pending(), 1)
  upstream.close()
  t.ok(await eventually(() => clock.pending() === 0))
  t.equal(kept.length, 1)
})

t.test('another target: the old connection is closed before the race', async t => {
  const { upstream, opened, ask, win } = await open(t)
  ask()
  const { inner } = await win()
  rest(opened)
  ask({ host: 'other.example', port: 80 })
  t.equal(inner.destroyed, true)
  upstream.close()
})

t.test('a connection is judged again, with the rules and the user of that time', async t => {
  const { upstream, opened, ask, win, rules, figures } = await open(t)
  ask()
  const { inner } = await win()
  rest(opened)
  rules.verdict = { code: 'ERR_ACCESS_DENIED', rule: 1 }
  ask()
  t.equal(inner.destroyed, true)
  t.same(figures().races, 2)
  upstream.close()
})

t.test('a connection is used again as long as its rule gives it the same egress', async t => {
  const { upstream, opened, ask, win, rules, figures } = await open(t)
  rules.verdict = { egress: { tos: 8 } }
  ask()
  const { inner } = await win()
  rest(opened)
  ask()
  t.match(opened[1], { ok: true, isReused: true })
  rest(opened)
  // A reload compiles the rules again.
  rules.verdict = { egress: { tos: 8 } }
  ask()
  t.match(opened[2], { ok: true, isReused: true })
  rest(opened)
  t.equal(figures().races, 1)
  rules.verdict = undefined
  ask()
  t.equal(inner.destroyed, true, 'it would leave by another way now')
  const next = await win()
  rest(opened)
  rules.verdict = { egress: { bind4: 'none' } }
  ask()
  t.equal(next.inner.destroyed, true)
  t.equal(figures().races, 3)
  upstream.close()
})

t.test('a connection that was made in another way is not used again', async t => {
  const { state, upstream, opened, ask, win, races } = await open(t)
  ask()
  const { inner } = await win()
  rest(opened)
  const { race } = state.parts
  Object.assign(state.parts, { race: (...args: Parameters<typeof race>) => race(...args) })
  ask()
  t.equal(inner.destroyed, true)
  t.equal(races.length, 2)
  upstream.close()
})

t.test('a connection that the target closed is not used again', async t => {
  const { upstream, opened, ask, win, figures } = await open(t)
  ask()
  const { outer, inner } = await win()
  const [first] = opened
  if (first?.ok === true) first.stream.resume()
  rest(opened)
  outer.end()
  t.ok(await eventually(() => inner.destroyed))
  ask()
  t.equal(figures().races, 2)
  upstream.close()
})

t.test('a race that is left, and one that is won too late', async t => {
  const { upstream, opened, ask, win, figures, state, events } = await open(t)
  ask()
  upstream.close()
  t.same(figures(), { races: 1, left: 1, held: 0, opened: 1 })
  t.same(opened, [{ ok: false, answer: null }])
  ask()
  state.accepted.socket.destroy()
  const { inner } = await win()
  t.equal(inner.destroyed, true)
  t.equal(figures().held, 0)
  t.match(events, [{ outcome: 'aborted' }, { outcome: 'won' }])
})

t.test('a race that fails, by its engine or by itself', async t => {
  const { opened, ask, races, figures, events } = await open(t)
  ask()
  races[0]?.fail(new Error('a bug'))
  t.match(opened[0], { ok: false, answer: { status: 502 } })
  ask()
  races[1]?.settle({ outcome: 'failed', reason: 'no-addresses', trace: TRACE, errors: new Map() })
  t.match(opened[1], { ok: false, answer: { status: 502 } })
  t.equal(figures().held, 0)
  t.match(events, [
    { type: 'rejected', reason: 'protocol', reply: 502 },
    { type: 'race', outcome: 'failed', reply: 502 },
  ])
})

t.test('requesters that owe nothing are forgotten', async t => {
  const { upstream, ask, races } = await open(t)
  ask()
  const { requester } = races[0]?.request ?? {}
  if (requester) requester.abandoned = 1
  upstream.close()
  for (let i = 0; i < 5; i++) {
    ask()
    upstream.close()
  }
  t.equal(upstream.requesters().length, 2, 'the one with a query in flight, and the newest')
})

t.test('judges are asked as the race asks them', async t => {
  const { upstream, ask, races, rules } = await open(t)
  ask()
  const judge = races[0]?.request.judge as Judge
  t.equal(judge(CANDIDATE), undefined)
  rules.verdict = { code: 'ERR_ACCESS_DENIED' }
  t.same(judge(CANDIDATE), { code: 'ERR_ACCESS_DENIED' })
  upstream.close()
})
