import t from 'tap'
import { daemonLine } from '../../src/log/daemon-line.ts'

const listening = {
  type: 'listening',
  listener: 'mixed-1080',
  protocol: 'socks',
  address: '127.0.0.1:1080',
  connections: 100,
} as const

t.test('each event has its level, fields and message', async t => {
  t.same(daemonLine(listening), {
    level: 'info',
    fields: {
      event: 'listening',
      listener: 'mixed-1080',
      protocol: 'socks',
      address: '127.0.0.1:1080',
      connections: 100,
    },
    msg: 'mixed-1080 accepts SOCKS connections on 127.0.0.1:1080, at most 100 at a time',
  })
  t.match(
    daemonLine({ ...listening, protocol: 'mixed' }).msg,
    / accepts SOCKS and HTTP connections on /,
  )
  t.match(daemonLine({ ...listening, protocol: 'forward' }).msg, / accepts forward connections on /)
  t.same(
    daemonLine({
      type: 'skipped',
      listener: 'mixed-1080',
      address: '[::1]:1080',
      message: 'this host has no such address',
    }),
    {
      level: 'info',
      fields: { event: 'skipped', listener: 'mixed-1080', address: '[::1]:1080' },
      msg: 'mixed-1080 does not listen on [::1]:1080: this host has no such address',
    },
  )
  const limit = {
    type: 'limit',
    connections: 202,
    maxConnections: 10_000,
    openFiles: 1024,
  } as const
  t.same(daemonLine(limit), {
    level: 'info',
    fields: { event: 'limit', connections: 202, maxConnections: 10_000, openFiles: 1024 },
    msg: 'eyeballd accepts at most 202 connections at a time: the limit of 1024 open files allows no more (limits.maxConnections is 10000)',
  })
  t.match(daemonLine({ ...limit, connections: 10_000, openFiles: null }), {
    fields: { openFiles: null },
    msg: 'eyeballd accepts at most 10000 connections at a time: limits.maxConnections',
  })
  const exhausted = { type: 'exhausted', what: 'make a pipe', code: 'EMFILE', failures: 1 } as const
  t.same(daemonLine(exhausted), {
    level: 'error',
    fields: { event: 'exhausted', what: 'make a pipe', code: 'EMFILE', failures: 1 },
    msg: 'cannot make a pipe: this process has no file descriptor left (EMFILE); raise its limit on open files',
  })
  t.match(daemonLine({ ...exhausted, code: 'ENFILE', failures: 7 }), {
    msg: 'cannot make a pipe: this system has no file descriptor left (ENFILE); this happened 7 times since the previous such line',
  })
  const banned = { type: 'banned', client: '192.0.2.1', failures: 10, banMs: 60_000 } as const
  t.same(daemonLine(banned), {
    level: 'warn',
    fields: { event: 'banned', client: '192.0.2.1', failures: 10, banMs: 60_000 },
    msg: '192.0.2.1 is banned for 60 s: 10 logins failed within a minute',
  })
  t.match(daemonLine({ ...banned, failures: 1 }), { msg: /: 1 login failed/ })
  const users = { type: 'users', file: '/etc/users' } as const
  t.same(daemonLine({ ...users, added: 1, removed: 0, changed: 2 }), {
    level: 'info',
    fields: { event: 'users', file: '/etc/users', added: 1, removed: 0, changed: 2 },
    msg: 'users of /etc/users are in force: 1 added, 0 removed, 2 with another password',
  })
  t.same(daemonLine({ ...users, error: '/etc/users:3: found a line without a colon' }), {
    level: 'error',
    fields: {
      event: 'users',
      file: '/etc/users',
      error: '/etc/users:3: found a line without a colon',
    },
    msg: 'users file not applied, its users have not changed: /etc/users:3: found a line without a colon',
  })
  t.same(daemonLine({ type: 'hosts-cut', path: '/etc/hosts', maxBytes: 64 * 2 ** 20 }), {
    level: 'warn',
    fields: { event: 'hosts-cut', path: '/etc/hosts', maxBytes: 67_108_864 },
    msg: 'eyeballd reads only the first 64 MiB of /etc/hosts, and looks names after them up by DNS',
  })
  t.same(daemonLine({ type: 'reload' }), {
    level: 'info',
    fields: { event: 'reload' },
    msg: 'configuration reloaded',
  })
  t.same(daemonLine({ type: 'reload', error: 'line 3' }), {
    level: 'error',
    fields: { event: 'reload', error: 'line 3' },
    msg: 'configuration not reloaded, nothing has changed: line 3',
  })
  t.match(daemonLine({ type: 'reload', error: 'line 3', lost: 2 }), {
    fields: { event: 'reload', error: 'line 3', lost: 2 },
    msg: 'configuration not reloaded, 2 addresses are not open: line 3',
  })
  t.same(
    daemonLine({
      type: 'listener-lost',
      listener: 'mixed-1080',
      protocol: 'socks',
      address: '127.0.0.1:1080',
      message: 'cannot listen on 127.0.0.1:1080: another process is there',
    }),
    {
      level: 'error',
      fields: {
        event: 'listener-lost',
        listener: 'mixed-1080',
        protocol: 'socks',
        address: '127.0.0.1:1080',
      },
      msg: 'mixed-1080 no longer listens on 127.0.0.1:1080 (socks), and tries again: cannot listen on 127.0.0.1:1080: another process is there',
    },
  )
  for (const [connections, end] of [
    [3, 'connections have 5 ms to end; a second Ctrl-C ends them at once'],
    [1, 'connection has 5 ms to end; a second Ctrl-C ends them at once'],
    [0, 'connections have 5 ms to end'],
  ] as const) {
    const draining = { type: 'draining', signal: 'SIGINT', connections, timeoutMs: 5 } as const
    t.equal(
      daemonLine({ ...draining, onTerminal: true }).msg,
      `eyeballd drains after SIGINT: ${connections} ${end}`,
    )
  }
  t.same(daemonLine({ type: 'reload', restart: ['pipe.engine', 'pipe.workers'] }), {
    level: 'warn',
    fields: { event: 'reload', restart: ['pipe.engine', 'pipe.workers'] },
    msg: 'configuration reloaded, except pipe.engine, pipe.workers: restart eyeballd to apply the rest',
  })
  for (const [workers, threads] of [
    [1, '1 thread'],
    [2, '2 threads'],
  ] as const) {
    t.same(daemonLine({ type: 'engine', engine: 'splice', workers }), {
      level: 'info',
      fields: { event: 'engine', engine: 'splice', workers },
      msg: `the splice engine relays connections with ${threads}`,
    })
  }
  t.same(daemonLine({ type: 'engine', engine: 'stream', workers: 0 }), {
    level: 'info',
    fields: { event: 'engine', engine: 'stream', workers: 0 },
    msg: 'the stream engine relays connections',
  })
  t.match(daemonLine({ type: 'engine', engine: 'stream', workers: 0, reason: 'no koffi' }), {
    fields: { reason: 'no koffi' },
    msg: 'the stream engine relays connections, because splice cannot run: no koffi',
  })
  for (const [replaced, next] of [
    [true, 'another one replaces it'],
    [false, 'none replaces it, because too many died as they started'],
  ] as const) {
    t.same(daemonLine({ type: 'worker-lost', reason: 'a bug', connections: 3, replaced }), {
      level: 'error',
      fields: { event: 'worker-lost', connections: 3, replaced },
      msg: `a relay worker died (a bug): 3 connections were reset, ${next}`,
    })
  }
  t.same(daemonLine({ type: 'drain-delay', signal: 'SIGTERM', delayMs: 5000 }), {
    level: 'info',
    fields: { event: 'drain-delay', signal: 'SIGTERM', delayMs: 5000 },
    msg: 'eyeballd is about to drain after SIGTERM: /readyz answers 503, and connections are accepted for another 5 s',
  })
  const ctrlC = { type: 'drain-delay', signal: 'SIGINT', delayMs: 5000, onTerminal: true } as const
  t.match(daemonLine(ctrlC).msg, /another 5 s; a second Ctrl-C stops eyeballd at once$/)
  t.same(daemonLine({ type: 'draining', signal: 'SIGTERM', connections: 3, timeoutMs: 30_000 }), {
    level: 'info',
    fields: { event: 'draining', signal: 'SIGTERM', connections: 3, timeoutMs: 30_000 },
    msg: 'eyeballd drains after SIGTERM: 3 connections have 30 s to end',
  })
  const one = { reason: 'a bug', connections: 1 } as const
  t.match(
    daemonLine({ type: 'worker-lost', ...one, replaced: true }).msg,
    'a relay worker died (a bug): 1 connection was reset, another',
  )
  t.equal(
    daemonLine({ type: 'process-lost', process: 42, ...one, restartMs: 1500 }).msg,
    'worker process 42 ended (a bug) with about 1 connection; another one starts in 1.5 s',
  )
  t.same(daemonLine({ type: 'stopped', connections: 2 }), {
    level: 'error',
    fields: { event: 'stopped', connections: 2 },
    msg: 'eyeballd has stopped, although 2 connections could not be ended: a relay worker hangs',
  })
  t.same(daemonLine({ type: 'stopped' }), {
    level: 'info',
    fields: { event: 'stopped' },
    msg: 'eyeballd has stopped',
  })
  t.same(
    daemonLine({
      type: 'process-lost',
      process: 42,
      reason: 'SIGKILL',
      connections: 3,
      restartMs: 100,
    }),
    {
      level: 'error',
      fields: { event: 'process-lost', process: 42, connections: 3, restartMs: 100 },
      msg: 'worker process 42 ended (SIGKILL) with about 3 connections; another one starts in 100 ms',
    },
  )
  t.same(daemonLine({ type: 'process-started', process: 43 }), {
    level: 'info',
    fields: { event: 'process-started', process: 43 },
    msg: 'worker process 43 replaces one that ended, and serves',
  })
  t.match(daemonLine({ type: 'dropped', lines: 7 }), {
    level: 'warn',
    fields: { event: 'dropped', lines: 7 },
    msg: /^the log dropped 7 lines/,
  })
  t.same(daemonLine({ type: 'fatal', code: 'EADDRINUSE', message: 'the port is taken' }), {
    level: 'fatal',
    fields: { event: 'fatal', code: 'EADDRINUSE' },
    msg: 'the port is taken',
  })
})
