import t from 'tap'
import { parseIp } from '../../src/core/ip.ts'
import type { Access } from '../../src/access/types.ts'
import type { StreamSocket } from '../../src/core/stream-socket.ts'
import type { BeginRace, DialRequest, DialResult } from '../../src/eyeballs/types.ts'
import type { ListenerEvent } from '../../src/listener/events.ts'
import { runOwnRace } from '../../src/listener/own-race.ts'
import { failedRace, wonEvent } from '../fixtures/race-trace.ts'

const target = { host: 'example.com', port: 443 }

const rig = (race: BeginRace<StreamSocket>, denial?: { rule?: number }) => {
  const events: ListenerEvent[] = []
  const judged: unknown[] = []
  const access = {
    hasPaths: true,
    beforeLookup: (client: unknown) => {
      judged.push(client)
      return denial
    },
    judge: (client: unknown) => void judged.push(client),
  } as unknown as Access
  const left = new AbortController()
  const end = runOwnRace({
    target,
    listener: 'admin',
    client: '127.0.0.1:7',
    signal: left.signal,
    parts: {
      race,
      access,
      fullNames: () => [],
      isOwnListener: address => address === '192.0.2.99',
      emit: event => void events.push(event),
      nextId: () => 'c7',
    },
  })
  return { end, events, judged, left }
}

/** Settles at once with one result. */
const settled =
  (result: DialResult<StreamSocket>, asked: (request: DialRequest) => void = () => {}) =>
  (request: DialRequest, settle: (given: DialResult<StreamSocket>) => void) => {
    asked(request)
    settle(result)
    return () => {}
  }

const LOCAL = { ip: null, user: null, isLocal: true }

t.test('a race that is won closes its connection, and is an event', async t => {
  let closed = 0
  const socket = { destroy: () => void closed++ } as unknown as StreamSocket
  const end = { address: '192.0.2.1', port: 443 }
  const { trace } = wonEvent
  let request: DialRequest | undefined
  const {
    end: over,
    events,
    judged,
    left,
  } = rig(
    settled({ outcome: 'won', socket, ...end, local: end, trace }, given => (request = given)),
  )
  const result = await over
  t.equal(closed, 1)
  t.match(events, [
    {
      type: 'race',
      conn: 'c7',
      listener: 'admin',
      protocol: null,
      client: '127.0.0.1:7',
      user: null,
      target: 'example.com:443',
      outcome: 'won',
      reply: null,
      summary: wonEvent.summary,
    },
  ])
  t.equal(result.ok && result.race, events[0])
  t.match(request, { targets: [target], hasPaths: true })
  t.equal(request?.signal, left.signal)
  t.match(request?.requester, { client: 'admin' })
  const candidate = { host: 'example.com', source: 'dns', port: 443 }
  const judge = request?.judge
  t.same(judge?.({ ...candidate, address: '192.0.2.99' }, parseIp), { code: 'ERR_LOOP' })
  t.equal(judge?.({ ...candidate, address: '192.0.2.1' }, parseIp), undefined)
  t.same(judged, [LOCAL, LOCAL])
})

t.test('a race that fails or is aborted', async t => {
  const failed = rig(
    settled({ outcome: 'failed', reason: 'all-failed', trace: failedRace, errors: new Map() }),
  )
  t.match(await failed.end, { ok: true, race: { outcome: 'failed', error: { code: String } } })
  const aborted = rig(settled({ outcome: 'aborted', trace: failedRace }))
  t.match(await aborted.end, { ok: true, race: { outcome: 'aborted' } })
  t.equal(aborted.events.length, 1)
})

t.test('what a rule denies before the lookup, and a bug', async t => {
  const never: BeginRace<StreamSocket> = () => {
    throw new Error('no race is wanted')
  }
  const denied = rig(never, { rule: 2 })
  t.same(await denied.end, {
    ok: false,
    code: 'ERR_ACCESS_DENIED',
    message: 'example.com:443: denied by access rule 2',
  })
  t.same(denied.events, [])
  const broken = rig((_request, _settle, fail) => {
    fail(new Error('x'))
    return () => {}
  })
  t.match(await broken.end, { ok: false, code: 'ERR_BUG' })
})
