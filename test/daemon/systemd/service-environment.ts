import t from 'tap'
import { takeServiceEnvironment } from '../../../src/daemon/systemd/service-environment.ts'

const NONE = { notifySocket: null, watchdogMs: null, passed: [] }

t.test('without systemd there is nothing', async t => {
  t.strictSame(takeServiceEnvironment({ PATH: '/bin' }, 7), NONE)
  t.strictSame(takeServiceEnvironment({ NOTIFY_SOCKET: '' }, 7), NONE)
})

t.test('the variables are read, and no child process gets them', async t => {
  const env: NodeJS.ProcessEnv = {
    PATH: '/bin',
    NOTIFY_SOCKET: '/run/systemd/notify',
    WATCHDOG_USEC: '30000000',
    WATCHDOG_PID: '7',
    LISTEN_FDS: '3',
    LISTEN_PID: '7',
    LISTEN_FDNAMES: 'web:',
    LISTEN_PIDFDID: '9',
  }
  t.strictSame(takeServiceEnvironment(env, 7), {
    notifySocket: '/run/systemd/notify',
    watchdogMs: 30_000,
    passed: [
      { fd: 3, name: 'web' },
      { fd: 4, name: 'unknown' },
      { fd: 5, name: 'unknown' },
    ],
  })
  t.strictSame(env, { PATH: '/bin' })
})

t.test('variables for another process do not count', async t => {
  const env = { WATCHDOG_USEC: '5000', WATCHDOG_PID: '8', LISTEN_FDS: '1', LISTEN_PID: '8' }
  t.strictSame(takeServiceEnvironment(env, 7), NONE)
  t.strictSame(takeServiceEnvironment({ LISTEN_FDS: '1' }, 7), NONE, 'nor without a process')
  t.equal(takeServiceEnvironment({ WATCHDOG_USEC: '5000' }, 7).watchdogMs, 5, 'a watchdog does')
})

t.test('values that are no numbers are ignored', async t => {
  for (const LISTEN_FDS of ['', '-1', 'x', '1e9', '99999999', '0x3'])
    t.strictSame(takeServiceEnvironment({ LISTEN_FDS, LISTEN_PID: '7' }, 7), NONE, LISTEN_FDS)
  for (const WATCHDOG_USEC of ['', '0', '-5', 'off'])
    t.strictSame(takeServiceEnvironment({ WATCHDOG_USEC }, 7), NONE, WATCHDOG_USEC)
})
