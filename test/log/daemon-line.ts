import t from 'tap'
import { daemonLine } from '../../src/log/daemon-line.ts'

const listening = {
  type: 'listening',
  listener: 'socks-1080',
  protocol: 'socks',
  address: '127.0.0.1:1080',
  connections: 100,
} as const

t.test('each event has its level, fields and text', async t => {
  t.same(daemonLine(listening), {
    level: 'info',
    fields: {
      event: 'listening',
      listener: 'socks-1080',
      protocol: 'socks',
      address: '127.0.0.1:1080',
      connections: 100,
    },
    msg: 'socks on 127.0.0.1:1080, at most 100 connections',
  })
  t.same(
    daemonLine({
      type: 'skipped',
      listener: 'socks-1080',
      address: '[::1]:1080',
      message: 'this host has no such address',
    }),
    {
      level: 'info',
      fields: { event: 'skipped', listener: 'socks-1080', address: '[::1]:1080' },
      msg: '[::1]:1080 is left out: this host has no such address',
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
    msg: 'at most 202 connections at a time: the limit on open files, 1024, allows no more (limits.maxConnections: 10000)',
  })
  t.match(daemonLine({ ...limit, connections: 10_000, openFiles: null }), {
    fields: { openFiles: null },
    msg: 'at most 10000 connections at a time: limits.maxConnections',
  })
  const exhausted = { type: 'exhausted', what: 'make a pipe', code: 'EMFILE', failures: 1 } as const
  t.same(daemonLine(exhausted), {
    level: 'error',
    fields: { event: 'exhausted', what: 'make a pipe', code: 'EMFILE', failures: 1 },
    msg: 'cannot make a pipe: this process has no file descriptor left (EMFILE); raise its limit on open files',
  })
  t.match(daemonLine({ ...exhausted, code: 'ENFILE', failures: 7 }), {
    msg: 'cannot make a pipe: this system has no file descriptor left (ENFILE); 7 such failures since this was last logged',
  })
  t.same(daemonLine({ type: 'hosts-cut', path: '/etc/hosts', maxBytes: 64 * 2 ** 20 }), {
    level: 'warn',
    fields: { event: 'hosts-cut', path: '/etc/hosts', maxBytes: 67_108_864 },
    msg: 'only the first 64 MiB of /etc/hosts are read; names behind them are looked up by DNS',
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
    msg: 'configuration not reloaded, addresses that are not open: 2: line 3',
  })
  t.same(
    daemonLine({
      type: 'listener-lost',
      listener: 'socks-1080',
      protocol: 'socks',
      address: '127.0.0.1:1080',
      message: 'cannot listen on 127.0.0.1:1080: another process is there',
    }),
    {
      level: 'error',
      fields: {
        event: 'listener-lost',
        listener: 'socks-1080',
        protocol: 'socks',
        address: '127.0.0.1:1080',
      },
      msg: 'socks-1080: socks on 127.0.0.1:1080 is not open and will be tried again: cannot listen on 127.0.0.1:1080: another process is there',
    },
  )
  for (const [connections, end] of [
    [3, 'connections have 5 ms to end; a second Ctrl-C stops at once'],
    [1, 'connection has 5 ms to end; a second Ctrl-C stops at once'],
    [0, 'connections have 5 ms to end'],
  ] as const) {
    const draining = { type: 'draining', signal: 'SIGINT', connections, timeoutMs: 5 } as const
    t.equal(daemonLine({ ...draining, onTerminal: true }).msg, `SIGINT: ${connections} ${end}`)
  }
  t.same(daemonLine({ type: 'reload', restart: ['pipe.engine', 'pipe.workers'] }), {
    level: 'warn',
    fields: { event: 'reload', restart: ['pipe.engine', 'pipe.workers'] },
    msg: 'configuration reloaded, but for what needs a restart: pipe.engine, pipe.workers',
  })
  for (const [workers, threads] of [
    [1, '1 thread'],
    [2, '2 threads'],
  ] as const) {
    t.same(daemonLine({ type: 'engine', engine: 'splice', workers }), {
      level: 'info',
      fields: { event: 'engine', engine: 'splice', workers },
      msg: `the kernel moves the bytes (splice), driven by ${threads}`,
    })
  }
  t.same(daemonLine({ type: 'engine', engine: 'stream', workers: 0 }), {
    level: 'info',
    fields: { event: 'engine', engine: 'stream', workers: 0 },
    msg: 'streams move the bytes',
  })
  t.match(daemonLine({ type: 'engine', engine: 'stream', workers: 0, reason: 'no koffi' }), {
    fields: { reason: 'no koffi' },
    msg: 'streams move the bytes, not the kernel: no koffi',
  })
  for (const [replaced, next] of [
    [true, 'another one takes over'],
    [false, 'no other is started any more'],
  ] as const) {
    t.same(daemonLine({ type: 'worker-lost', reason: 'a bug', connections: 3, replaced }), {
      level: 'error',
      fields: { event: 'worker-lost', connections: 3, replaced },
      msg: `a relay worker died (a bug): 3 connections were reset, ${next}`,
    })
  }
  t.same(daemonLine({ type: 'draining', signal: 'SIGTERM', connections: 3, timeoutMs: 30_000 }), {
    level: 'info',
    fields: { event: 'draining', signal: 'SIGTERM', connections: 3, timeoutMs: 30_000 },
    msg: 'SIGTERM: 3 connections have 30 s to end',
  })
  const one = { reason: 'a bug', connections: 1 } as const
  t.match(
    daemonLine({ type: 'worker-lost', ...one, replaced: true }).msg,
    'a relay worker died (a bug): 1 connection was reset, another',
  )
  t.equal(
    daemonLine({ type: 'process-lost', process: 42, ...one, restartMs: 1500 }).msg,
    'process 42 is lost (a bug) with about 1 connection; another one starts in 1.5 s',
  )
  t.same(daemonLine({ type: 'stopped' }), {
    level: 'info',
    fields: { event: 'stopped' },
    msg: 'stopped',
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
      msg: 'process 42 is lost (SIGKILL) with about 3 connections; another one starts in 100 ms',
    },
  )
  t.same(daemonLine({ type: 'process-started', process: 43 }), {
    level: 'info',
    fields: { event: 'process-started', process: 43 },
    msg: 'process 43 serves in place of one that was lost',
  })
  t.match(daemonLine({ type: 'dropped', lines: 7 }), {
    level: 'warn',
    fields: { event: 'dropped', lines: 7 },
    msg: /^7 lines/,
  })
  t.same(daemonLine({ type: 'fatal', code: 'EADDRINUSE', message: 'the port is taken' }), {
    level: 'fatal',
    fields: { event: 'fatal', code: 'EADDRINUSE' },
    msg: 'the port is taken',
  })
})
