import { join } from 'node:path'
import t from 'tap'
import { openService } from '../../../src/daemon/systemd/open-service.ts'
import type { Daemon } from '../../../src/daemon/types.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'
import { unlessPython } from '../../fixtures/python.ts'
import { openNotifySocket } from '../../fixtures/service-manager.ts'
import { makeSocketDir } from '../../fixtures/socket-dir.ts'

const daemon: Daemon = {
  apply: async () => {},
  lost: () => 0,
  processes: () => 1,
  stopAccepting: async () => {},
  idle: async () => {},
  endConnections: () => {},
  connections: () => 0,
  close: () => {},
}

t.test('messages reach the socket of NOTIFY_SOCKET', { skip: unlessPython('socket') }, async t => {
  const { path, waitFor } = await openNotifySocket(t, join(makeSocketDir(t), 'notify'))
  const parts = { daemon, clock: createHandClock(), log: { event: () => {} } }
  const service = openService({ notifySocket: path, watchdogMs: null, passed: [] }, parts)
  service.ready()
  t.match(await waitFor('READY=1'), ['READY=1', /^STATUS=serving/])
  const before = process.hrtime.bigint() / 1000n
  service.reloading()
  const [, at = ''] = await waitFor('RELOADING=1')
  const us = BigInt(at.replace('MONOTONIC_USEC=', ''))
  t.ok(us >= before && us <= process.hrtime.bigint() / 1000n, 'in the time of CLOCK_MONOTONIC')
  service.close()
})
