import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import t from 'tap'
import type { Test } from 'tap'
import type { RaceReport } from '../../src/eyeballs/race/report.ts'
import { connect } from '../../src/library/connect.ts'
import { publishRace } from '../../src/library/race-channel.ts'
import { startConnection } from '../../src/library/start-connection.ts'
import { infoOf, listening, refusing, rejection, silent } from '../fixtures/library-races.ts'
import { failedRace } from '../fixtures/race-trace.ts'

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
  const trace = new Proxy(failedRace, {
    get: () => {
      throw new Error('the trace was read')
    },
  })
  publishRace(trace, { host: null, port: null })
  published(t)
  t.throws(() => publishRace(trace, { host: null, port: null }), { message: 'the trace was read' })
})
