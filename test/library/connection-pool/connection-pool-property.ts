/** A pool under random use: never more than `max`, nobody overtaken, nothing leaked. */
import fc from 'fast-check'
import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { createConnectionPool } from '../../../src/library/connection-pool/create-connection-pool.ts'
import { createFakeRaces } from '../../fixtures/fake-races.ts'
import type { FakeSocket } from '../../fixtures/fake-socket.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'

const STEPS = [
  'acquire',
  'acquire',
  'win',
  'win',
  'lose',
  'abort',
  'release',
  'release',
  'destroy',
  'say',
  'hangUp',
  'fail',
  'advance',
  'turn',
] as const

type Waiting = { readonly n: number; readonly ender: AbortController }

const step = fc.record({ what: fc.constantFrom(...STEPS), which: fc.nat(20) })
const run = fc.record({
  max: fc.integer({ min: 1, max: 4 }),
  steps: fc.array(step, { maxLength: 60 }),
})

void t.test('whatever happens in whatever order', async t => {
  await fc.assert(
    fc.asyncProperty(run, async ({ max, steps }) => {
      const clock = createHandClock()
      const races = createFakeRaces()
      const pool = createConnectionPool(
        { host: 'db.example.com', port: 1, max, idleTimeoutMs: 100 },
        { connect: races.connect, clock },
      )
      const fakes: FakeSocket[] = []
      const waiting: Waiting[] = []
      const inUse: FakeSocket[] = []
      const problems: string[] = []
      let acquired = 0
      const pick = <T>(list: readonly T[], which: number): T | undefined =>
        list.length === 0 ? undefined : list[which % list.length]
      const gone = (waiter: Waiting): void => void waiting.splice(waiting.indexOf(waiter), 1)
      const openRaces = (): number[] =>
        races.all.flatMap((race, place) =>
          race.isOpen() && race.options.signal?.aborted !== true ? place : [],
        )
      const check = (): void => {
        const open = fakes.filter(({ socket }) => !socket.closed).length + races.open()
        if (open > max) problems.push(`${open} open, ${max} allowed`)
        if (pool.size() > max) problems.push(`it says ${pool.size()}`)
        if (pool.idle() > 0 && pool.waiting() > 0) problems.push('some wait while some are idle')
      }
      const acquire = (): void => {
        const ender = new AbortController()
        const waiter: Waiting = { n: acquired++, ender }
        waiting.push(waiter)
        const onLent = (socket: Socket): void => {
          const earlier = waiting.filter(
            ({ n, ender: { signal } }) => n < waiter.n && !signal.aborted,
          )
          if (earlier.length > 0) problems.push(`${waiter.n} overtook ${earlier[0]?.n}`)
          gone(waiter)
          const fake = fakes.find(found => found.socket === socket)
          if (!fake) problems.push('a socket from nowhere')
          else if (inUse.includes(fake)) problems.push('one socket for two')
          else inUse.push(fake)
        }
        pool.acquire({ signal: ender.signal }).then(onLent, () => gone(waiter))
      }
      const release = (which: number, destroy: boolean): void => {
        const fake = pick(inUse, which)
        if (!fake) return
        inUse.splice(inUse.indexOf(fake), 1)
        pool.release(fake.socket, { destroy })
      }
      for (const { what, which } of steps) {
        if (what === 'acquire') acquire()
        else if (what === 'win') {
          const place = pick(openRaces(), which)
          if (place !== undefined) {
            const fake = races.win(place)
            fake.socket.on('error', () => {})
            fakes.push(fake)
          }
        } else if (what === 'lose') {
          const place = pick(openRaces(), which)
          if (place !== undefined) races.lose(place, new Error('lost'))
        } else if (what === 'abort') pick(waiting, which)?.ender.abort()
        else if (what === 'release' || what === 'destroy') release(which, what === 'destroy')
        else if (what === 'advance') clock.advance(which * 10)
        else if (what === 'turn') await turn()
        else {
          const fake = pick(fakes, which)
          if (fake && !fake.socket.readableEnded && !fake.socket.destroyed) fake[what]('unasked')
        }
        check()
        await Promise.resolve()
        check()
      }
      // Everyone is served in the end.
      for (let rounds = 0; waiting.length > 0 && rounds < 200; rounds++) {
        for (const place of openRaces()) {
          const fake = races.win(place)
          fake.socket.on('error', () => {})
          fakes.push(fake)
        }
        await turn()
        check()
        while (inUse.length > 0) release(0, false)
        await turn()
      }
      if (waiting.length > 0) problems.push(`${waiting.length} wait for ever`)
      await pool.close()
      if (fakes.some(({ socket }) => !socket.closed)) problems.push('a socket is left')
      if (races.open() > 0) problems.push('a race is left')
      if (clock.pending() > 0) problems.push('a timer is left')
      if (problems.length > 0) throw new Error(problems.join('; '))
    }),
    { numRuns: 300 },
  )
  t.pass()
})
