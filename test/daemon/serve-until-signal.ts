import type { Test } from 'tap'
import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import type { Config } from '../../src/config/types.ts'
import type { Daemon } from '../../src/daemon/create-daemon.ts'
import { serveUntilSignal } from '../../src/daemon/serve-until-signal.ts'
import type { DaemonSignal } from '../../src/daemon/signals.ts'
import type { Log } from '../../src/log/types.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import type { HandClock } from '../fixtures/hand-clock.ts'
import { settled } from '../fixtures/script-lookup.ts'

type Rig = {
  readonly clock: HandClock
  /** What was done and told, in order. */
  readonly events: string[]
  readonly signal: (signal: DaemonSignal) => void
  readonly done: Promise<void>
  /** Ends the last connection. */
  readonly empty: () => void
  /** What the next reload reads, or throws. */
  next: () => Config
  /** What the next apply throws. */
  applyError: Error | undefined
}

const begin = (t: Test): Rig => {
  const clock = createHandClock()
  const events: string[] = []
  let onSignal: ((signal: DaemonSignal) => void) | undefined
  let empty = (): void => {}
  const idle = new Promise<void>(resolve => {
    empty = resolve
  })
  const daemon: Daemon = {
    apply: async ({ drainTimeoutMs }) => {
      if (rig.applyError) throw rig.applyError
      events.push(`apply ${drainTimeoutMs}`)
    },
    stopAccepting: async () => void events.push('stop accepting'),
    idle: () => idle,
    endConnections: () => {
      events.push('end connections')
      empty()
    },
    connections: () => 3,
    limit: () => 10,
    close: () => void events.push('close'),
  }
  const log: Log = {
    emit: () => t.fail('no connection is here'),
    event: ({ type, ...rest }: { readonly type: string }) =>
      void events.push([type, ...Object.values(rest)].map(String).join(' ')),
    change: ({ level }) => void events.push(`log ${level}`),
    flush: async () => {},
    flushSync: () => {},
  }
  const config = parseConfig('drainTimeout: 5s', 'test')
  const rig: Rig = {
    clock,
    events,
    empty,
    signal: signal => onSignal?.(signal),
    next: () => config,
    applyError: undefined,
    done: serveUntilSignal({
      daemon,
      config,
      loadConfig: () => rig.next(),
      log,
      clock,
      onSignal: run => {
        onSignal = run
        return () => {
          onSignal = undefined
        }
      },
    }),
  }
  return rig
}

void t.test('SIGTERM drains: it ends when the last connection has', async t => {
  const rig = begin(t)
  rig.signal('SIGTERM')
  await settled()
  t.strictSame(rig.events, ['stop accepting', 'draining SIGTERM 3 5000'])
  rig.empty()
  await rig.done
  t.strictSame(rig.events.slice(2), ['close', 'stopped'])
  t.equal(rig.clock.pending(), 0)
})

void t.test('what has not ended by the drain timeout is ended', async t => {
  const rig = begin(t)
  rig.signal('SIGINT')
  await settled()
  rig.clock.advance(4999)
  t.notOk(rig.events.includes('end connections'))
  rig.clock.advance(1)
  await rig.done
  t.strictSame(rig.events.slice(2), ['end connections', 'close', 'stopped'])
})

void t.test('a second signal ends the connections at once; SIGHUP is too late', async t => {
  const rig = begin(t)
  rig.signal('SIGTERM')
  await settled()
  rig.signal('SIGHUP')
  rig.signal('SIGINT')
  await rig.done
  t.strictSame(rig.events.slice(2), ['end connections', 'close', 'stopped'])
  t.equal(rig.clock.pending(), 0)
})

void t.test('SIGHUP applies the configuration anew, its drain timeout included', async t => {
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

void t.test('a drain waits for a reload that is under way', async t => {
  const rig = begin(t)
  rig.signal('SIGHUP')
  rig.signal('SIGTERM')
  await settled()
  t.strictSame(rig.events.slice(0, 4), ['apply 5000', 'log info', 'reload', 'stop accepting'])
  rig.empty()
  await rig.done
})

void t.test('what a reload cannot change is named, until it is as at the start again', async t => {
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
})
