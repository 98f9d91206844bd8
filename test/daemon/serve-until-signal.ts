import type { Test } from 'tap'
import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import type { Config } from '../../src/config/types.ts'
import type { ServeOptions } from '../../src/daemon/serve-until-signal.ts'
import {
  END_WAIT_MS,
  LOST_RETRY_MAX_MS,
  LOST_RETRY_MIN_MS,
  serveUntilSignal,
} from '../../src/daemon/serve-until-signal.ts'
import type { DaemonSignal } from '../../src/daemon/signals.ts'
import type { Daemon } from '../../src/daemon/types.ts'
import type { Log } from '../../src/log/types.ts'
import type { HandClock } from '../fixtures/hand-clock.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { settled } from '../fixtures/script-lookup.ts'

type Rig = {
  readonly clock: HandClock
  /** All calls and log events, in order. */
  readonly events: string[]
  readonly signal: (signal: DaemonSignal) => void
  readonly done: Promise<void>
  /** Ends the last connection. */
  readonly empty: () => void
  /** Returns the configuration of the next reload, or throws. */
  next: () => Config
  /** The error of the next apply. */
  applyError: Error | undefined
  /** Number of lost addresses. */
  lost: number
  /** Whether the daemon reports that it is ready. */
  ready: boolean
  /** The promise for which the next apply waits. */
  wait: Promise<void> | undefined
  /** Connections that hang do not end. */
  hangs: boolean
  /** Resolved when the listeners are closed. */
  closed: Promise<void> | undefined
}

const begin = (t: Test, options: Partial<ServeOptions> = {}): Rig => {
  const clock = createHandClock()
  const events: string[] = []
  let onSignal: ((signal: DaemonSignal) => void) | undefined
  let empty = (): void => {}
  const idle = new Promise<void>(resolve => {
    empty = resolve
  })
  const daemon: Daemon = {
    apply: async ({ drainTimeoutMs }, { lenient = false } = {}) => {
      await rig.wait
      if (rig.applyError && !lenient) throw rig.applyError
      events.push(`${lenient ? 'try' : 'apply'} ${drainTimeoutMs}`)
    },
    lost: () => rig.lost,
    processes: () => 1,
    beginDrain: () => {
      rig.ready = false
    },
    stopAccepting: async () => {
      events.push('stop accepting')
      await rig.closed
    },
    idle: () => idle,
    endConnections: () => {
      events.push('end connections')
      if (!rig.hangs) empty()
    },
    connections: () => 3,
    close: () => void events.push('close'),
  }
  const log: Log = {
    emit: () => t.fail('no connection is here'),
    event: event => {
      const onTerminal =
        (event.type === 'draining' || event.type === 'drain-delay') && event.onTerminal === true
      const entries: [string, unknown][] = Object.entries(event)
      const values = entries.flatMap(([name, value]) => (name === 'onTerminal' ? [] : [value]))
      events.push(values.map(String).join(' '))
      if (onTerminal) events.push('hint')
    },
    change: ({ level }) => void events.push(`log ${level}`),
    flush: async () => {},
    flushSync: () => {},
    dropped: () => 0,
  }
  const config = parseConfig('drainTimeout: 5s', 'test')
  const rig: Rig = {
    clock,
    events,
    empty,
    signal: signal => onSignal?.(signal),
    next: () => config,
    applyError: undefined,
    lost: 0,
    ready: true,
    wait: undefined,
    hangs: false,
    closed: undefined,
    done: serveUntilSignal({
      daemon,
      config,
      reload: () => rig.next(),
      log,
      clock,
      onSignal: run => {
        onSignal = run
        return () => {
          onSignal = undefined
        }
      },
      ...options,
    }),
  }
  return rig
}

void t.test('SIGTERM drains: the daemon ends after its last connection', async t => {
  const rig = begin(t)
  rig.signal('SIGTERM')
  await settled()
  t.strictSame(rig.events, ['stop accepting', 'draining SIGTERM 3 5000'])
  t.equal(rig.ready, false)
  rig.empty()
  await rig.done
  t.strictSame(rig.events.slice(2), ['close', 'stopped'])
  t.equal(rig.clock.pending(), 0)
})

void t.test(
  'with a drain delay it is not ready at once, and accepts until the delay is over',
  async t => {
    const delayed = parseConfig('{ drainDelay: 3s, drainTimeout: 5s }', 'test')
    const rig = begin(t, { config: delayed })
    rig.signal('SIGTERM')
    await settled()
    t.strictSame(rig.events, ['drain-delay SIGTERM 3000'])
    t.equal(rig.ready, false)
    rig.signal('SIGHUP')
    rig.clock.advance(2999)
    await settled()
    t.equal(rig.events.length, 1)
    rig.clock.advance(1)
    await settled()
    t.strictSame(rig.events.slice(1), ['stop accepting', 'draining SIGTERM 3 5000'])
    rig.clock.advance(4999)
    await settled()
    t.notOk(rig.events.includes('end connections'), 'the drain timeout begins after the delay')
    rig.clock.advance(1)
    await rig.done
  },
)

for (const signals of [1, 2]) {
  void t.test(`connections that hang do not keep it, signals: ${signals}`, async t => {
    const rig = begin(t)
    rig.hangs = true
    for (let i = 0; i < signals; i++) rig.signal('SIGTERM')
    await settled()
    if (signals === 1) rig.clock.advance(5000)
    rig.clock.advance(END_WAIT_MS - 1)
    await settled()
    t.match(rig.events.at(-1), 'end connections')
    rig.clock.advance(1)
    await rig.done
    t.strictSame(rig.events.slice(-2), ['close', 'stopped 3'])
    t.equal(rig.clock.pending(), 0)
  })
}

void t.test('the drain timeout holds also while listeners or a reload hang', async t => {
  for (const what of ['closed', 'wait'] as const) {
    const rig = begin(t)
    let answer = (): void => {}
    rig[what] = new Promise(resolve => (answer = resolve))
    if (what === 'wait') rig.signal('SIGHUP')
    rig.signal('SIGTERM')
    await settled()
    rig.clock.advance(4999)
    t.notOk(rig.events.includes('end connections'))
    rig.clock.advance(1)
    t.ok(rig.events.includes('end connections'), 'so that the process that hangs is killed')
    answer()
    await rig.done
    t.equal(rig.events.at(-1), 'stopped')
    t.equal(rig.clock.pending(), 0)
  }
})

void t.test('a second signal ends the drain delay too', async t => {
  const rig = begin(t, { config: parseConfig('drainDelay: 1h', 'test') })
  rig.signal('SIGTERM')
  await settled()
  rig.signal('SIGTERM')
  await rig.done
  t.strictSame(rig.events.slice(-3), ['end connections', 'close', 'stopped'])
  t.ok(rig.events.includes('stop accepting'))
  t.equal(rig.clock.pending(), 0)
})

void t.test('the service manager learns of reloads, whatever they do, and of the end', async t => {
  const calls: string[] = []
  const rig = begin(t, {
    service: {
      ready: () => void calls.push('ready'),
      reloading: () => void calls.push(`reloading after ${rig.events.length}`),
      reloaded: error => void calls.push(`reloaded ${error} after ${rig.events.length}`),
      draining: timeoutMs => void calls.push(`draining ${timeoutMs} after ${rig.events.length}`),
      close: () => void calls.push('close'),
    },
  })
  t.same(calls.splice(0), ['ready'])
  rig.signal('SIGHUP')
  await settled()
  t.same(calls.splice(0), ['reloading after 0', `reloaded null after ${rig.events.length}`])
  rig.next = () => {
    throw new Error('line 3 is bad')
  }
  rig.signal('SIGHUP')
  await settled()
  t.match(calls.splice(0), [/^reloading/, /^reloaded line 3 is bad after/])
  const before = rig.events.length
  rig.signal('SIGTERM')
  await settled()
  t.same(calls.splice(0), [`draining 5000 after ${before}`], 'before the listeners close')
  rig.empty()
  await rig.done
  t.same(calls, ['close'])
})

void t.test('with `watch` the file is applied when it has changed', async t => {
  let seen = 'first'
  let text = '{ watch: true, drainTimeout: 5s }'
  const rig = begin(t, {
    config: parseConfig(text, 'test'),
    path: 'eyeballd.yaml',
    look: async () => ({ seen, instead: null, size: 1 }),
  })
  rig.next = () => parseConfig(text, 'test')
  const looks = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      rig.clock.advance(1000)
      await settled()
    }
  }
  await looks(3)
  t.strictSame(rig.events, [], 'it is the one in force')
  text = '{ watch: true, drainTimeout: 6s }'
  seen = 'second'
  await looks(1)
  t.strictSame(rig.events, [], 'it may still be written')
  await looks(3)
  t.strictSame(rig.events, ['apply 6000', 'log info', 'reload'], 'once')
  text = 'watch: maybe'
  seen = 'third'
  await looks(4)
  t.equal(rig.events.length, 4)
  t.match(rig.events.at(-1), /^reload .*watch/, 'a mistake is logged once')
  text = '{ watch: false, drainTimeout: 7s }'
  rig.signal('SIGHUP')
  await settled()
  t.equal(rig.events.at(-1), 'reload')
  const before = rig.events.length
  text = '{ watch: true, drainTimeout: 8s }'
  seen = 'fourth'
  await looks(4)
  t.equal(rig.events.length, before, 'it is not watched any more')
  rig.signal('SIGHUP')
  await settled()
  rig.signal('SIGTERM')
  await settled()
  t.equal(rig.events.at(-1), 'draining SIGTERM 3 8000')
  rig.empty()
  await rig.done
  t.equal(rig.clock.pending(), 0, 'nothing is left')
})

void t.test('with `watch` a reload applies no users file that may have been cut', async t => {
  let users = 'a:secret\n'
  let seen = 'first'
  let text =
    '{ watch: true, listeners: [{ protocol: socks, listen: 1, auth: { usersFile: u } }], drainTimeout: 5s }'
  const read = (): Config => parseConfig(text, 'test', { readUsersFile: () => users })
  const rig = begin(t, {
    config: read(),
    path: 'eyeballd.yaml',
    look: async () => ({ seen, instead: null, size: 1 }),
    usersFiles: {
      look: async () => ({ seen: users, instead: null, size: 0 }),
      read: () => users,
      pause: async () => {},
    },
  })
  rig.next = read
  const looks = async (): Promise<void> => {
    for (let i = 0; i < 4; i++) {
      rig.clock.advance(1000)
      await settled()
    }
  }
  users = 'a:sec'
  await looks()
  t.match(rig.events.splice(0), [/^users u .*may have been cut/])
  text = text.replace('5s', '6s')
  seen = 'second'
  await looks()
  t.match(
    rig.events.splice(0),
    ['apply 6000', 'log info', 'reload', /^users u .*may have been cut/],
    'the reload changes no user',
  )
  users = 'a:secret\nb:c\n'
  await looks()
  t.strictSame(rig.events.splice(0), ['try 6000', 'users u 1 0 0'])
  rig.signal('SIGTERM')
  rig.empty()
  await rig.done
})

void t.test('with `watch` a file that is changed back ends a failure', async t => {
  let seen = 'first'
  let text = 'watch: true'
  const rig = begin(t, {
    config: parseConfig(text, 'test'),
    path: 'eyeballd.yaml',
    look: async () => ({ seen, instead: null, size: 1 }),
  })
  rig.next = () => parseConfig(text, 'test')
  const write = async (next: string, content: string): Promise<void> => {
    text = content
    seen = next
    for (let i = 0; i < 4; i++) {
      rig.clock.advance(1000)
      await settled()
    }
  }
  await write('second', 'watch: maybe')
  t.match(rig.events.splice(0), [/^reload .*watch/])
  await write('third', 'watch: true')
  t.equal(rig.events.splice(0).at(-1), 'reload', 'whoever looks at the last reload sees no failure')
  await write('fourth', 'watch: true # as before')
  t.strictSame(rig.events, [], 'nothing is wrong, and nothing is new')
  rig.signal('SIGTERM')
  rig.empty()
  await rig.done
})

void t.test('a reload that ends while the daemon drains watches nothing', async t => {
  const listener = '{ protocol: socks, listen: 1, auth: { usersFile: u } }'
  const parsed = (watch: boolean) =>
    parseConfig(`{ watch: ${watch}, listeners: [${listener}] }`, 'test', {
      readUsersFile: () => 'a:b\n',
    })
  const look = async () => ({ seen: 'same', instead: null, size: 4 })
  const rig = begin(t, {
    config: parsed(false),
    path: 'eyeballd.yaml',
    look,
    usersFiles: { look, read: () => 'a:b\n', pause: async () => {} },
  })
  rig.next = () => parsed(true)
  let go = (): void => {}
  rig.wait = new Promise(resolve => (go = resolve))
  rig.signal('SIGHUP')
  await settled()
  rig.signal('SIGTERM')
  go()
  await settled()
  t.ok(rig.events.includes('reload'))
  rig.empty()
  await rig.done
  t.equal(rig.clock.pending(), 0, 'no timer keeps the process from its end')
})

void t.test('with `watch` the file of the token is watched too', async t => {
  let token = 'one'
  const parsed = () =>
    parseConfig('{ watch: true, admin: { tokenFile: /t } }', 'test', { readUsersFile: () => token })
  const seen: Record<string, string> = { 'eyeballd.yaml': '1', '/t': '1' }
  const rig = begin(t, {
    config: parsed(),
    path: 'eyeballd.yaml',
    look: async path => ({ seen: seen[path] ?? '', instead: null, size: 1 }),
  })
  rig.next = parsed
  token = 'two'
  seen['/t'] = '2'
  for (let i = 0; i < 4; i++) {
    rig.clock.advance(1000)
    await settled()
  }
  t.equal(rig.events.filter(event => event === 'reload').length, 1)
  rig.signal('SIGTERM')
  rig.empty()
  await rig.done
})

void t.test('without `watch` the file is not looked at', async t => {
  const rig = begin(t, {
    path: 'eyeballd.yaml',
    look: () => t.fail('a look') as never,
  })
  rig.clock.advance(5000)
  await settled()
  rig.signal('SIGTERM')
  await settled()
  rig.empty()
  await rig.done
})

void t.test('connections that are open at the drain timeout are ended', async t => {
  const rig = begin(t)
  rig.signal('SIGINT')
  await settled()
  rig.clock.advance(4999)
  t.notOk(rig.events.includes('end connections'))
  rig.clock.advance(1)
  await rig.done
  t.strictSame(rig.events.slice(2), ['end connections', 'close', 'stopped'])
})

void t.test('a second signal ends the connections at once; SIGHUP is ignored', async t => {
  const rig = begin(t)
  rig.signal('SIGTERM')
  await settled()
  rig.signal('SIGHUP')
  rig.signal('SIGINT')
  await rig.done
  t.strictSame(rig.events.slice(2), ['end connections', 'close', 'stopped'])
  t.equal(rig.clock.pending(), 0)
})

void t.test('SIGHUP applies the new configuration, including its drain timeout', async t => {
  const rig = begin(t)
  rig.next = () => parseConfig('{ drainTimeout: 7s, log: { level: debug } }', 'test')
  rig.signal('SIGHUP')
  await settled()
  t.strictSame(rig.events, ['apply 7000', 'log debug', 'reload'])
  rig.signal('SIGTERM')
  await settled()
  t.equal(rig.events.at(-1), 'draining SIGTERM 3 7000')
  rig.empty()
  await rig.done
})

void t.test('a reload that finds a users file changed says what has changed', async t => {
  const text =
    '{ listeners: [{ protocol: socks, listen: 127.0.0.1:1, auth: { usersFile: u } }], drainTimeout: 7s }'
  const withUsers = (users: string) => parseConfig(text, 'test', { readUsersFile: () => users })
  for (const watches of [true, false]) {
    const rig = begin(t, {
      config: withUsers('alice:a\nbob:b\n'),
      usersFiles: watches
        ? { look: async () => Promise.reject(new Error()), read: () => '', pause: async () => {} }
        : undefined,
    })
    rig.next = () => withUsers('alice:A\ncarol:c\ndan:d\n')
    rig.signal('SIGHUP')
    await settled()
    // A worker process does not watch, and its primary says it.
    t.strictSame(rig.events.slice(2), ['reload', ...(watches ? ['users u 2 1 1'] : [])])
    rig.signal('SIGHUP')
    await settled()
    t.equal(rig.events.filter(event => event.startsWith('users')).length, watches ? 1 : 0)
    rig.signal('SIGTERM')
    await settled()
    rig.empty()
    await rig.done
  }
})

void t.test('a configuration that cannot be read or applied changes nothing', async t => {
  const rig = begin(t)
  rig.next = () => parseConfig('nonsense: 1', 'file.yaml')
  rig.signal('SIGHUP')
  await settled()
  t.match(rig.events, [/^reload .*file\.yaml:1:1/])
  rig.next = () => parseConfig('drainTimeout: 9s', 'test')
  rig.applyError = new Error('the port is taken')
  rig.signal('SIGHUP')
  await settled()
  t.strictSame(rig.events.slice(1), ['reload the port is taken'])
  rig.signal('SIGTERM')
  await settled()
  t.equal(rig.events.at(-1), 'draining SIGTERM 3 5000', 'the old drain timeout')
  rig.empty()
  await rig.done
})

void t.test('a drain waits for a running reload', async t => {
  const rig = begin(t)
  rig.signal('SIGHUP')
  rig.signal('SIGTERM')
  await settled()
  t.strictSame(rig.events.slice(0, 4), ['apply 5000', 'log info', 'reload', 'stop accepting'])
  rig.empty()
  await rig.done
})

void t.test(
  'keys that need a restart are logged until they have their old values again',
  async t => {
    const rig = begin(t)
    for (const [text, line] of [
      ['{ pipe: { engine: stream, workers: 2 } }', 'reload pipe.engine,pipe.workers'],
      ['{ pipe: { workers: 2 } }', 'reload pipe.workers'],
      ['{}', 'reload'],
    ] as const) {
      rig.next = () => parseConfig(text, 'test')
      rig.signal('SIGHUP')
      await settled()
      t.equal(rig.events.at(-1), line)
    }
    rig.signal('SIGTERM')
    await settled()
    rig.empty()
    await rig.done
  },
)

void t.test('SIGHUP drains without a configuration file', async t => {
  const rig = begin(t, { reload: null })
  rig.signal('SIGHUP')
  rig.signal('SIGHUP')
  await settled()
  t.strictSame(
    rig.events,
    ['stop accepting', 'draining SIGHUP 3 5000'],
    'a second SIGHUP changes nothing',
  )
  rig.signal('SIGTERM')
  await rig.done
  t.strictSame(rig.events.slice(2), ['end connections', 'close', 'stopped'])
})

void t.test('the first event of a Ctrl-C on a terminal says so', async t => {
  for (const drainDelay of ['0s', '1s']) {
    for (const [signal, isTerminal, hint] of [
      ['SIGINT', true, true],
      ['SIGINT', false, false],
      ['SIGTERM', true, false],
    ] as const) {
      const config = parseConfig(`drainDelay: ${drainDelay}`, 'test')
      const rig = begin(t, { isTerminal, config })
      rig.signal(signal)
      await settled()
      t.equal(rig.events.includes('hint'), hint, `${signal} ${isTerminal} ${drainDelay}`)
      rig.clock.advance(1000)
      rig.empty()
      await rig.done
    }
  }
})

void t.test('several queued SIGHUPs cause one reload', async t => {
  const rig = begin(t)
  let free = (): void => {}
  rig.wait = new Promise(resolve => (free = resolve))
  rig.signal('SIGHUP')
  await settled()
  for (let i = 0; i < 5; i++) rig.signal('SIGHUP')
  free()
  await settled()
  t.equal(rig.events.filter(event => event === 'reload').length, 2)
  rig.signal('SIGTERM')
  rig.empty()
  await rig.done
})

void t.test('a second signal during a reload ends open connections too', async t => {
  const rig = begin(t)
  let free = (): void => {}
  rig.wait = new Promise(resolve => (free = resolve))
  rig.signal('SIGHUP')
  rig.signal('SIGTERM')
  await settled()
  rig.signal('SIGTERM')
  t.strictSame(rig.events.splice(0), ['end connections'])
  free()
  await rig.done
  const end = ['stop accepting', 'draining SIGTERM 3 5000', 'end connections', 'close', 'stopped']
  t.strictSame(rig.events.slice(-5), end, 'connections accepted meanwhile are ended too')
})

void t.test('lost addresses are retried, with backoff', async t => {
  const rig = begin(t)
  rig.applyError = new Error('the port is taken')
  rig.lost = 2
  rig.signal('SIGHUP')
  await settled()
  t.strictSame(rig.events.splice(0), ['reload the port is taken 2'])
  let waitMs = LOST_RETRY_MIN_MS
  for (let i = 0; i < 8; i++) {
    rig.clock.advance(waitMs - 1)
    await settled()
    t.strictSame(rig.events, [])
    rig.clock.advance(1)
    await settled()
    t.strictSame(rig.events.splice(0), ['try 5000'], 'with the configuration in force')
    waitMs = Math.min(waitMs * 2, LOST_RETRY_MAX_MS)
  }
  t.equal(waitMs, LOST_RETRY_MAX_MS)

  await t.test('a reload resets the backoff', async t => {
    rig.signal('SIGHUP')
    await settled()
    rig.events.length = 0
    rig.clock.advance(LOST_RETRY_MIN_MS)
    await settled()
    t.strictSame(rig.events.splice(0), ['try 5000'])
  })
  await t.test('there are no retries once all addresses are open', async t => {
    rig.lost = 0
    rig.clock.advance(2 * LOST_RETRY_MIN_MS)
    await settled()
    t.strictSame(rig.events.splice(0), ['try 5000'])
    t.equal(rig.clock.pending(), 0)
  })
  await t.test('there are no retries in a drain', async t => {
    rig.lost = 1
    rig.signal('SIGHUP')
    await settled()
    rig.signal('SIGTERM')
    await settled()
    rig.empty()
    await rig.done
    t.equal(rig.clock.pending(), 0)
  })
})

void t.test('a worker process does not retry', async t => {
  const rig = begin(t, { retriesLost: false })
  rig.applyError = new Error('no')
  rig.lost = 1
  rig.signal('SIGHUP')
  await settled()
  t.equal(rig.clock.pending(), 0)
  rig.signal('SIGTERM')
  rig.empty()
  await rig.done
})

void t.test(
  'a users file that changes is applied, in turn with reloads, until a drain',
  async t => {
    let users = 'a:b'
    const text =
      '{ listeners: [{ protocol: socks, listen: 1, auth: { usersFile: u } }], drainTimeout: 5s }'
    const config = parseConfig(text, 'test', { readUsersFile: () => users })
    const usersFiles = {
      look: async () => ({ seen: users, instead: null, size: 0 }),
      read: () => users,
      pause: async () => {},
    }
    const rig = begin(t, { config, usersFiles })
    const pass = async (): Promise<void> => {
      for (let n = 0; n < 2; n++) {
        rig.clock.advance(1000)
        await settled()
      }
    }
    await pass()
    t.strictSame(rig.events, [])
    users = 'a:b\nc:d\n'
    await pass()
    t.strictSame(rig.events.splice(0), ['try 5000', 'users u 1 0 0'])
    let go = (): void => {}
    rig.wait = new Promise(resolve => (go = resolve))
    rig.next = () => parseConfig(text.replace('5s', '6s'), 'test', { readUsersFile: () => users })
    rig.signal('SIGHUP')
    await settled()
    users = 'c:D\n'
    await pass()
    t.strictSame(rig.events, [], 'the reload is under way')
    go()
    rig.wait = undefined
    await settled()
    const changed = ['try 6000', 'users u 0 1 1']
    const reloaded = ['apply 6000', 'log info', 'reload', ...changed]
    t.strictSame(rig.events.splice(0), reloaded, 'with the new configuration')
    users = 'e:f'
    rig.signal('SIGTERM')
    await settled()
    await pass()
    rig.empty()
    await rig.done
    t.strictSame(rig.events, ['stop accepting', 'draining SIGTERM 3 6000', 'close', 'stopped'])
    t.equal(rig.clock.pending(), 0)
  },
)
