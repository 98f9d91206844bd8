import t from 'tap'
import { createAdminClient } from '../../src/cli/admin-client.ts'
import { doctor } from '../../src/cli/doctor.ts'
import type { CliIo, Output } from '../../src/cli/types.ts'
import { createFakeIo } from '../fixtures/cli-io.ts'
import type { HostScript } from '../fixtures/doctor-host.ts'
import { createDoctorHost } from '../fixtures/doctor-host.ts'
import { createFakeEndpoint, statusOf } from '../fixtures/fake-endpoint.ts'
import { createScriptedRaces } from '../fixtures/scripted-races.ts'

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

t.test('a running daemon, and what its history holds', async t => {
  const { now } = statusOf()
  const demoted = [
    {
      prefix: '2001:db8::/48',
      evidenceAt: now - 10_000,
      until: now + 110_000,
      unresponsive: false,
      passedOver: 1,
    },
  ]
  const fake = await createFakeEndpoint({ history: { demoted }, token: 'abc' })
  t.teardown(fake.close)
  const admin = `127.0.0.1:${fake.port}`
  const openAdmin: CliIo['openAdmin'] = async (...parts) => createAdminClient(...parts)
  const run = async (env: Record<string, string>, args: Record<string, string>) => {
    const io = createFakeIo({
      env,
      openAdmin,
      openDoctor: async () => ({ host: createDoctorHost(), close: () => {} }),
    })
    t.equal(await doctor({ offline: true, ...args }, io), 0)
    return io.out().replaceAll(/\n +/g, ' ')
  }
  const out = await run({ EYEBALLD_ADMIN_TOKEN: 'abc' }, { admin })
  t.match(out, /\nok {7}The daemon at 127\.0\.0\.1:\d+ \(0\.1\.0, up 10 s\) serves 12 of/)
  t.match(out, /\nwarning {2}The daemon tries 2001:db8::\/48 after other addresses for 1 min 50 s/)
  t.match(await run({ EYEBALLD_ADMIN: admin }, {}), /is not known: the daemon at .* wants a token/)
  t.match(await run({}, { admin: '192.0.2.1:9' }), /--offline, and 192\.0\.2\.1:9 is an address/)
  t.match(await run({}, { admin: '127.0.0.1:1' }), /is not known: no daemon listens at/)
  t.notMatch(await run({}, {}), /history/, 'nothing is said where none is named')
})

t.test('a terminal shows that it is at work', async t => {
  let err = ''
  const write = (text: string): void => void (err += text)
  const stderr: Output = { write, isTTY: true, columns: 80, isOpen: () => true }
  const { races, end } = createScriptedRaces({ names: {}, up: [] })
  end()
  const io = createFakeIo({
    stderr,
    openDoctor: async () => ({ host: createDoctorHost({ races }), close: () => {} }),
    readFile: () => Buffer.from('resolver: { servers: "127.0.0.1:1" }'),
  })
  await doctor({ config: 'f', target: ['192.0.2.1:1'] }, io)
  const erase = '\r\u001b[K'
  t.equal(err, `${erase}asking DNS servers and targets: 10 s at most${erase}`)
})

t.test('wrong words open nothing', async t => {
  const io = createFakeIo()
  await t.rejects(doctor({ target: ['x:'] }, io), { code: 'ERR_CONFIG', message: /^TARGET: / })
  await t.rejects(doctor({ config: '-' }, io), { code: 'ERR_CONFIG' })
  await t.rejects(doctor({ admin: 'x' }, io), { code: 'ERR_CONFIG', message: /^--admin: / })
})

t.test('it is closed if a check fails', async t => {
  const broken = (): never => {
    throw Object.assign(new Error('x'), { code: 'EX' })
  }
  const { io, closed } = setUp({ clockState: broken })
  await t.rejects(doctor({ offline: true }, io), { code: 'EX' })
  t.equal(closed(), 1)
})
