import t from 'tap'
import { doctor } from '../../src/cli/doctor.ts'
import { createFakeIo } from '../fixtures/cli-io.ts'
import type { HostScript } from '../fixtures/doctor-host.ts'
import { createDoctorHost } from '../fixtures/doctor-host.ts'

const setUp = (script: HostScript = {}) => {
  let closed = 0
  const io = createFakeIo({
    openDoctor: async () => ({ host: createDoctorHost(script), close: () => void closed++ }),
  })
  return { io, closed: () => closed }
}

t.test('it prints findings, and returns 0 without a problem', async t => {
  const { io, closed } = setUp()
  t.equal(await doctor({ offline: true }, io), 0)
  t.match(io.out(), /^ok {7}IPv6: default route by eth0/)
  t.match(io.out(), /\n0 problems, /)
  t.equal(closed(), 1)
})

t.test('a problem is status 1, also as JSON', async t => {
  const { io } = setUp({ tryListen: async () => 'EACCES' })
  t.equal(await doctor({ offline: true, json: true }, io), 1)
  t.match(JSON.parse(io.out()), {
    version: String,
    time: Date.UTC(2026, 5, 1),
    durationMs: Number,
    counts: { problem: 2 },
    races: [],
  })
  t.equal(io.out().trim().split('\n').length, 1, 'one object')
})

t.test('wrong words open nothing', async t => {
  const io = createFakeIo()
  await t.rejects(doctor({ target: ['x:'] }, io), { code: 'ERR_CONFIG', message: /^TARGET: / })
  await t.rejects(doctor({ config: '-' }, io), { code: 'ERR_CONFIG' })
})

t.test('it is closed if a check fails', async t => {
  const broken = (): never => {
    throw Object.assign(new Error('x'), { code: 'EX' })
  }
  const { io, closed } = setUp({ clockState: broken })
  await t.rejects(doctor({ offline: true }, io), { code: 'EX' })
  t.equal(closed(), 1)
})
