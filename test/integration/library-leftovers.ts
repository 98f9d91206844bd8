/** The library in bulk: long lists and many races leave no socket, timer or handle behind. */
import t from 'tap'
import type { AddrInfo } from '../../src/index.ts'
import { connect, isRaceError, startConnection } from '../../src/index.ts'
import { eventually, inParallel } from '../fixtures/in-parallel.ts'
import { infoOf, listening, refusing, rejection, silent } from '../fixtures/library-races.ts'
import { testLeavingNothing } from '../fixtures/nothing-left.ts'
import { countSynSent } from '../fixtures/syn-sent.ts'

t.setTimeout(120_000)

const COUNT = 1000

/** So many loopback addresses with a port that nobody listens on. */
const thousand = async (): Promise<AddrInfo[]> => {
  const { port } = await refusing()
  return Array.from({ length: COUNT }, (_, i) => ({
    family: 4,
    address: `127.1.${Math.floor(i / 250)}.${(i % 250) + 1}`,
    port,
  }))
}

testLeavingNothing('1,000 addresses, all refused, with a delay and without', async t => {
  const list = await thousand()
  // Each sends a packet, so each costs the floor of 10 ms: both at once.
  const errors = await Promise.all(
    [250, null].map(async happyEyeballsDelayMs =>
      rejection(startConnection(list, { happyEyeballsDelayMs })),
    ),
  )
  for (const error of errors) {
    if (!isRaceError(error)) throw error
    t.equal(error.code, 'ECONNREFUSED')
    t.equal(error.attempts.length, COUNT)
    t.equal(new Set(error.attempts.map(({ address }) => address)).size, COUNT)
    t.ok(error.attempts.every(({ outcome }) => outcome === 'failed'))
    const starts = error.attempts.map(({ startMs }) => startMs)
    t.ok(
      // To a tenth, as the error has them.
      starts.every((ms, i) => i === 0 || ms - (starts[i - 1] ?? 0) > 9.85),
      'never two within 10 ms',
    )
  }
})

testLeavingNothing('1,000 addresses that cost nothing cost no time', async t => {
  const list = await thousand()
  const error = await rejection(startConnection(list, { localAddrInfos: [] }))
  if (!isRaceError(error)) throw error
  t.match(error, { code: 'EADDRNOTAVAIL', attempts: { length: COUNT } })
  const starts = error.attempts.map(({ startMs }) => startMs)
  const floors = starts.filter((ms, i) => i > 0 && ms - (starts[i - 1] ?? 0) > 9.85).length
  // A busy machine makes some pauses of its own.
  t.ok(floors < COUNT / 2, `${floors} attempts waited for the floor of 10 ms`)
})

testLeavingNothing('1,000 addresses, the last one wins', async (t, owner) => {
  const server = await listening(owner)
  const list = [...(await thousand()).slice(1), infoOf(server)]
  let calls = 0
  const socket = await startConnection(list, {
    localAddrInfos: [{ family: 4, address: '127.0.0.1', port: 0 }],
    timeoutMs: 60_000,
    onTrace: entry => {
      if ('command' in entry && entry.command.type === 'connect') calls++
    },
  })
  t.equal(calls, COUNT)
  t.equal(socket.remotePort, server.port)
  socket.destroy()
})

testLeavingNothing('1,000 races in a row: won, lost and aborted', async (t, owner) => {
  const server = await listening(owner)
  const hole = await silent(owner, '::1')
  const dead = await refusing()
  const ends = { won: 0, lost: 0, aborted: 0 }
  for (let i = 0; i < COUNT; i++) {
    if (i % 4 === 0) {
      const controller = new AbortController()
      const { signal } = controller
      const race = rejection(startConnection([hole, infoOf(server)], { signal }))
      await new Promise(resolve => setImmediate(resolve))
      controller.abort(i)
      if ((await race) === i) ends.aborted++
    } else if (i % 4 === 1) {
      if (isRaceError(await rejection(startConnection([dead])))) ends.lost++
    } else {
      const byName = i % 4 === 2
      const { port } = server
      const socket = await (byName
        ? connect({ host: '127.0.0.1', port })
        : startConnection([infoOf(server)]))
      socket.resetAndDestroy()
      ends.won++
    }
  }
  t.same(ends, { won: 500, lost: 250, aborted: 250 })
  t.equal(countSynSent(hole.port), 0)
})

testLeavingNothing('1,000 races at once, under one signal', async (t, owner) => {
  const server = await listening(owner)
  const hole = await silent(owner, '::1')
  const controller = new AbortController()
  const { signal } = controller
  const warnings: Error[] = []
  const onWarning = (warning: Error): unknown => warnings.push(warning)
  process.on('warning', onWarning)
  const list = [hole, infoOf(server)]
  await inParallel(COUNT, 100, async () => {
    const socket = await startConnection(list, { signal, happyEyeballsDelayMs: 10 })
    socket.resetAndDestroy()
  })
  const hanging = Array.from({ length: 100 }, () => rejection(startConnection([hole], { signal })))
  await eventually(() => countSynSent(hole.port) === hanging.length)
  controller.abort('all of them')
  t.same(new Set(await Promise.all(hanging)), new Set(['all of them']))
  t.equal(countSynSent(hole.port), 0)
  process.off('warning', onWarning)
  t.same(warnings, [])
})
