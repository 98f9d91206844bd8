import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import { checkHost } from '../../src/doctor/check-host.ts'
import type { DaemonReport } from '../../src/doctor/types.ts'
import type { HostScript } from '../fixtures/doctor-host.ts'
import { createDoctorHost } from '../fixtures/doctor-host.ts'
import { statusOf } from '../fixtures/fake-endpoint.ts'

const look = async (
  script: HostScript = {},
  yaml = 'log: {}',
  daemon: DaemonReport | null = null,
): Promise<readonly string[]> => {
  const found = await checkHost(createDoctorHost(script), parseConfig(yaml, 'f'), daemon)
  return found.map(({ id, severity, message }) => `${id} ${severity}: ${message}`)
}

t.test('a healthy host', async t => {
  t.strictSame(await look(), [
    'clock ok: The clock is synchronised, to 3 ms at most',
    'files ok: The limit on open files is 1048576: enough for the 10000 connections of limits.maxConnections',
    'engine ok: The engine is splice: the kernel and worker threads move the bytes',
  ])
})

t.test('clocks', async t => {
  const clock = async (script: HostScript): Promise<string> => (await look(script))[0] ?? ''
  t.match(await clock({ wallTime: () => 0 }), /^clock problem: The clock says 1970-01-01T00:00:00/)
  t.match(await clock({ clockState: () => null }), /^clock note: .* cannot be read here$/)
  const state = (synchronised: boolean, maxErrorMs: number) => ({
    clockState: () => ({ synchronised, maxErrorMs }),
  })
  t.match(await clock(state(false, 16_000)), /^clock note: .* does not know that it is/)
  t.match(await clock(state(true, 2500)), /^clock note: .* may be wrong by 2500 ms$/)
})

t.test('open files', async t => {
  const files = async (limit: number, yaml?: string): Promise<string> =>
    (await look({ openFilesLimit: () => limit }, yaml))[1] ?? ''
  t.match(
    await files(1024),
    /^files warning: The limit on open files is 1024: enough for \d+ connections, fewer/,
  )
  t.match(await files(40), /^files problem: The daemon cannot start: the limit on open files is 40/)
  t.match(await files(Infinity), /^files ok: There is no limit on open files/)
  t.match(await files(1024, 'limits: { maxConnections: 10 }'), /^files ok/)
  const { connections } = statusOf()
  const daemon = (limit: number): DaemonReport => ({
    ok: true,
    where: 'x',
    status: statusOf({ connections: { ...connections, limit } }),
    history: { demoted: [] },
  })
  const beside = async (limit: number) =>
    (await look({ openFilesLimit: () => 1024 }, 'log: {}', daemon(limit)))[1]
  t.match(await beside(10_000), /^files ok: The running daemon has files enough for the 10000/)
  t.match(await beside(500), /^files warning/)
  t.match(await files(1024, 'processes: 2'), /connections in each process, fewer/)
})

t.test('engines', async t => {
  const engine = async (yaml: string, why: string | null): Promise<string> =>
    (await look({ spliceFailure: async () => why }, yaml))[2] ?? ''
  t.match(
    await engine('log: {}', 'no koffi'),
    /^engine note: The engine is stream, because no koffi$/,
  )
  t.match(
    await engine('pipe: { engine: splice }', 'no koffi'),
    /^engine problem: The daemon cannot start/,
  )
  t.match(await engine('pipe: { engine: stream }', null), /^engine ok: The engine is stream, as/)
})
