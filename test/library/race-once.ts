import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { getEventListeners } from 'node:events'
import { Socket } from 'node:net'
import type { Test } from 'tap'
import t from 'tap'
import type { RaceReport } from '../../src/eyeballs/race/report.ts'
import type { DialResult } from '../../src/eyeballs/types.ts'
import { connect, startConnection } from '../../src/library/connect.ts'
import { RaceMachine } from '../../src/library/race-machine.ts'
import { hostParts, onAbort, publishRace, raceOnce } from '../../src/library/race-once.ts'
import { checkOptions } from '../../src/library/race-options.ts'
import type { Network } from '../../src/net/network.ts'
import { infoOf, listening, refusing, rejection, silent } from '../fixtures/library-races.ts'
import { testLeavingNothing } from '../fixtures/nothing-left.ts'
import { failedRace } from '../fixtures/race-trace.ts'

const { entries, config } = (() => {
  const address = { family: 6, address: '2001:db8::1', port: 1 } as const
  const machine = new RaceMachine({ addresses: [address] })
  machine.handle({ type: 'wake' }, 0)
  machine.handle({ type: 'connect-failed', id: 1, code: 'EIO', message: 'no', sent: true }, 1)
  return machine.trace()
})()
const trace = { v: 1, entries, config } as const

const target = { host: 'example.com', port: 1 }

/** Begins an attempt and lets it go at once: its socket is still closing. */
const leaveOne = (network: Network<Socket>, hole: Parameters<Network<Socket>['connect']>[0]) => {
  network.connect(hole, () => {})()
}

testLeavingNothing(
  'each end of a race is reported when its sockets are closed',
  async (t, owner) => {
    const hole = await silent(owner)
    let closing = 0
    const controller = new AbortController()
    const options = checkOptions(
      {
        signal: controller.signal,
        socketFactory: () => {
          closing++
          return new Socket().once('close', () => closing--)
        },
      },
      null,
    )
    const end = async (how: () => Promise<DialResult<Socket>>): Promise<unknown> => {
      const error = await rejection(
        raceOnce(options, target, network => {
          leaveOne(network, hole)
          return how()
        }),
      )
      t.equal(closing, 0)
      return error
    }
    const bug = new Error('bug')
    t.equal(await end(() => Promise.reject(bug)), bug)
    const failed = { outcome: 'failed', reason: 'all-failed', trace, errors: new Map() } as const
    t.match(await end(() => Promise.resolve(failed)), { name: 'RaceError', code: 'EIO', ...target })
    controller.abort('gone')
    t.equal(await rejection(raceOnce(options, target, () => t.fail('no race') as never)), 'gone')
  },
)

testLeavingNothing('aborted on the way', async (t, owner) => {
  const hole = await silent(owner)
  const controller = new AbortController()
  const options = checkOptions({ signal: controller.signal }, null)
  const error = await rejection(
    raceOnce(options, target, (network, ending) => {
      leaveOne(network, hole)
      controller.abort(undefined)
      t.equal(ending.aborted, true)
      return Promise.resolve({ outcome: 'aborted', trace })
    }),
  )
  t.match(error, { name: 'AbortError' })
})

testLeavingNothing("the winner, from the factory's hands", async (t, owner) => {
  const server = await listening(owner)
  const asked: unknown[] = []
  const options = checkOptions(
    { socketFactory: (info: unknown) => (asked.push(info), new Socket()) },
    null,
  )
  const socket = await raceOnce(
    options,
    target,
    network =>
      new Promise((resolve, reject) => {
        network.connect(infoOf(server), result => {
          if (!result.ok) return reject(new Error(result.message))
          const { local } = result
          resolve({ outcome: 'won', socket: result.socket, ...infoOf(server), local, trace })
        })
      }),
  )
  t.equal(socket.remotePort, server.port)
  t.same(asked, [infoOf(server)])
  socket.destroy()
})

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length

void t.test('many wait, one listens', async t => {
  const { signal } = new AbortController()
  const releases = Array.from({ length: 100 }, () => onAbort(signal, () => t.fail('released')))
  t.equal(listeners(signal), 1)
  for (const release of releases.slice(1)) release()
  t.equal(listeners(signal), 1)
  releases[0]?.()
  releases[0]?.()
  t.equal(listeners(signal), 0)
  onAbort(signal, () => {})()
  t.equal(listeners(signal), 0)
})

void t.test('each is called once, at once', async t => {
  const controller = new AbortController()
  const { signal } = controller
  const called: number[] = []
  const same = (): unknown => called.push(0)
  onAbort(signal, same)
  onAbort(signal, same)
  const release = onAbort(signal, () => called.push(1))
  onAbort(signal, () => called.push(2))()
  controller.abort()
  t.same(called, [0, 0, 1])
  t.equal(listeners(signal), 0)
  release()
})

void t.test('one that goes while they are called is not', async t => {
  const controller = new AbortController()
  const { signal } = controller
  let release = (): void => {}
  onAbort(signal, () => release())
  release = onAbort(signal, () => t.fail('released'))
  controller.abort()
  t.equal(listeners(signal), 0)
})

/** What is published while a test runs. */
const published = (t: Test): readonly RaceReport[] => {
  const reports: RaceReport[] = []
  const onRace = (message: unknown): void => void reports.push(message as RaceReport)
  subscribe('eyeballd:race', onRace)
  t.teardown(() => unsubscribe('eyeballd:race', onRace))
  return reports
}

void t.test('each race is published: won, failed and aborted', async t => {
  const reports = published(t)
  const server = await listening(t)
  const won = await connect({ host: '127.0.0.1', port: server.port })
  won.destroy()
  t.equal(reports.length, 1, 'before the call has resolved')
  t.match(reports[0], {
    target: `127.0.0.1:${server.port}`,
    outcome: 'won',
    winner: { address: '127.0.0.1', port: server.port, attempt: 1 },
    attempts: [{ n: 1, outcome: 'connected' }],
  })

  const nobody = await refusing()
  await rejection(startConnection([nobody]))
  t.match(reports[1], {
    target: `127.0.0.1:${nobody.port}`,
    outcome: 'failed',
    error: {
      code: 'ECONNREFUSED',
      message: 'no address answered: 127.0.0.1 refused the connection',
    },
    attempts: [{ code: 'ECONNREFUSED' }],
  })

  const hole = await silent(t)
  const ending = new AbortController()
  const left = rejection(startConnection([hole], { signal: ending.signal }))
  ending.abort(new Error('enough'))
  t.match(await left, { message: 'enough' })
  t.match(reports[2], { outcome: 'aborted', attempts: [{ outcome: 'cancelled' }] })
  t.equal(reports.length, 3)
})

void t.test('a race over addresses is called by what was asked for', async t => {
  const reports = published(t)
  const server = await listening(t)
  const { address, port } = infoOf(server)
  const socket = await connect({
    host: 'db.example.com',
    port: 5432,
    addresses: [`${address}:${port}`],
  })
  socket.destroy()
  t.equal(reports[0]?.target, 'db.example.com:5432')
})

void t.test('where nobody listens nothing is made', async t => {
  const unread = new Proxy(failedRace, {
    get: () => {
      throw new Error('the trace was read')
    },
  })
  publishRace(unread, { host: null, port: null })
  published(t)
  t.throws(() => publishRace(unread, { host: null, port: null }), { message: 'the trace was read' })
})

testLeavingNothing('made once, and nothing is held open', async t => {
  const parts = hostParts()
  t.equal(hostParts(), parts)
  t.ok(parts.interfaces().names.size > 0)
  t.ok(parts.clock.now() > 0)
  t.type(parts.network.epoch(), 'number')
})
