import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import { openDoctorHost, raceConfig } from '../../src/doctor/open-host.ts'
import { createScriptedRaces } from '../fixtures/scripted-races.ts'

t.test('this host answers everything, and throws nothing', async t => {
  const { races, end } = createScriptedRaces({ names: {}, up: [] })
  end()
  const host = openDoctorHost(races)
  t.equal(host.readText('/none'), null)
  t.ok(host.wallTime() > 0)
  t.ok(host.openFiles() > 0 && host.openFilesLimit() > 0)
  t.ok(Array.isArray(host.systemServers()))
  const failure = await host.spliceFailure()
  t.ok(failure === null || !failure.includes('pipe.engine'), 'the reason alone')
  t.equal(await host.tryListen({ host: '127.0.0.1', port: 0 }), null)
  t.equal(host.socketPath('/none/a.sock'), 'no-folder')
  t.match(host.transport.randomId(), Number)
  t.equal(host.interfaceOf('192.0.2.99'), null)
  const loopback = host.interfaceOf('127.0.0.1')
  t.ok(loopback === null || loopback.startsWith('lo'))
  const mtu = host.pathMtu('127.0.0.1')
  t.ok(mtu === null || mtu > 1000)
  const state = host.clockState()
  t.ok(state === null || state.maxErrorMs >= 0)
  const target = { address: '127.0.0.1', port: 1, servername: null }
  t.match(await host.probeTls(target, 5000), { connectMs: null, code: 'ECONNREFUSED' })
  const address = { type: 'tcp', host: '127.0.0.1', port: 1 } as const
  await t.rejects(host.exchange(address, new Uint8Array(1), 1, 5000), { code: 'ECONNREFUSED' })
})

t.test('the races of the doctor end in time, and use no history', async t => {
  const of = (yaml: string) => raceConfig(parseConfig(yaml, 'f')).eyeballs
  t.match(of('log: {}'), { adaptive: false, confirm: 'none', connectTimeoutMs: 8000 })
  t.match(of('eyeballs: { connectTimeout: 3s, confirm: tls }'), {
    connectTimeoutMs: 3000,
    confirm: 'none',
  })
})
