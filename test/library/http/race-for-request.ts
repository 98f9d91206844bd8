import { request as makeRequest } from 'node:http'
import type { ClientRequest } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { raceForRequest } from '../../../src/library/http/race-for-request.ts'
import { createFakeRaces } from '../../fixtures/fake-races.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'

/** A request that has no socket yet, and its race. */
const begin = ({
  isIts = true,
  timeoutMs = 0,
  prepare = (_request: ClientRequest): void => {},
} = {}) => {
  const clock = createHandClock()
  const races = createFakeRaces()
  // It waits for a socket for ever.
  const request = makeRequest({ host: 'www.example.com', createConnection: () => undefined })
  request.on('error', () => {})
  prepare(request)
  const race = raceForRequest(request, {
    race: signal => races.connect({ signal }),
    isIts: () => isIts,
    timeoutMs,
    clock,
  })
  return { request, race, races, clock }
}

const hasOwnDestroy = (request: ClientRequest): boolean => Object.hasOwn(request, 'destroy')

void t.test('a winner, and no trace on the request', async t => {
  const { request, race, races, clock } = begin({ timeoutMs: 1000 })
  t.equal(hasOwnDestroy(request), true)
  t.equal(clock.pending(), 1)
  const { socket } = races.win(0)
  t.same(await race.outcome, { ok: true, socket })
  t.equal(hasOwnDestroy(request), false)
  t.equal(clock.pending(), 0)
  race.end(new Error('too late'))
})

void t.test('a failure is an outcome', async t => {
  const { request, race, races } = begin()
  const error = new Error('lost')
  races.lose(0, error)
  t.same(await race.outcome, { ok: false, error })
  t.equal(hasOwnDestroy(request), false)
})

void t.test('destroy does what it did, and ends the race where it is its own', async t => {
  const own = begin()
  t.equal(own.request.destroy(new Error('why')), own.request)
  t.equal(own.request.destroyed, true)
  t.match(await own.race.outcome, { ok: false, error: { message: 'the request was destroyed' } })
  t.equal(own.races.open(), 0)
  const another = begin({ isIts: false })
  another.request.destroy()
  await turn()
  t.equal(another.request.destroyed, true)
  t.equal(another.races.open(), 1)
  const why = new Error('the agent is destroyed')
  another.race.end(why)
  t.same(await another.race.outcome, { ok: false, error: why })
})

void t.test("somebody else's destroy is kept, over ours and under it", async t => {
  const calls: string[] = []
  const wrap = (name: string) => (request: ClientRequest) => {
    const destroy = request.destroy.bind(request)
    request.destroy = error => {
      calls.push(name)
      return destroy(error)
    }
  }
  const { request, race, races } = begin({ prepare: wrap('under') })
  races.win(0)
  await race.outcome
  const under = begin({ prepare: wrap('under') })
  wrap('over')(under.request)
  under.races.lose(0, new Error('lost'))
  await under.race.outcome
  request.destroy()
  under.request.destroy()
  t.same(calls, ['under', 'over', 'under'])
})

void t.test('a limit of silence is emitted once', async t => {
  const { request, race, races, clock } = begin({ timeoutMs: 100 })
  let timeouts = 0
  request.on('timeout', () => timeouts++)
  clock.advance(1000)
  t.equal(timeouts, 1)
  t.equal(races.open(), 1)
  races.win(0)
  await race.outcome
})
