import { Socket } from 'node:net'
import type { DialResult } from '../../src/eyeballs/types.ts'
import { checkOptions } from '../../src/library/check-options.ts'
import { RaceMachine } from '../../src/library/race-machine.ts'
import { raceOnce } from '../../src/library/race-once.ts'
import type { Network } from '../../src/net/types.ts'
import { infoOf, listening, rejection, silent } from '../fixtures/library-races.ts'
import { testLeavingNothing } from '../fixtures/nothing-left.ts'

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

testLeavingNothing('each end of a race is told when its sockets are closed', async (t, owner) => {
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
})

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
