import { EventEmitter } from 'node:events'
import type { Test } from 'tap'
import t from 'tap'
import { passSignals } from '../../../src/cli/run/pass-signals.ts'
import type { PassedSignal } from '../../../src/cli/run/signal-witness.ts'
import { PASSED_SIGNALS } from '../../../src/cli/run/signal-witness.ts'
import { eventually } from '../../fixtures/in-parallel.ts'

/** @param shared the signals that the whole group gets; null: there is no witness */
const rig = (
  t: Test,
  shared: readonly PassedSignal[] | null,
  taken: readonly NodeJS.Signals[] = [],
) => {
  const raised: string[] = []
  const killed: string[] = []
  const asked: string[] = []
  const state = { isStopped: false }
  const source = Object.assign(new EventEmitter(), {
    pid: 77,
    platform: 'linux',
    kill: (pid: number, signal: string) => {
      // The marker behind the signals that came before the command.
      if (signal === 'SIGURG') turns.push(() => source.emit(signal))
      else raised.push(`${signal} ${pid} ${source.listenerCount(signal)}`)
      return true
    },
  })
  const witness = shared && {
    hasSeen: async (signal: PassedSignal) => {
      asked.push(signal)
      return shared.includes(signal)
    },
    guard: () => {},
    end: () => {},
  }
  const turns: (() => void)[] = []
  /** The listeners of each moment: those of before and these stand together. */
  const overlap: number[] = []
  const pass = passSignals(source as unknown as NodeJS.Process, {
    settled: () => new Promise(resolve => void turns.push(resolve)),
    take: () => {
      overlap.push(...PASSED_SIGNALS.map(signal => source.listenerCount(signal)))
      return taken
    },
  })
  t.teardown(pass.release)
  const command = {
    kill: (signal: NodeJS.Signals) => void killed.push(signal),
    isStopped: () => state.isStopped,
  }
  /** Signals that were received are delivered. */
  const settle = async (): Promise<void> => {
    turns.shift()?.()
    await turn()
  }
  /** Starts the command, and lets the time pass in which a signal may be older than it. */
  const start = async (): Promise<void> => {
    void pass.start(() => command, witness)
    await settle()
    await settle()
  }
  return { source, pass, command, witness, raised, killed, asked, state, settle, start, overlap }
}

const turn = (): Promise<void> => new Promise(resolve => void setImmediate(resolve))

t.test('a signal of this process is passed on, one of the group is not', async t => {
  const { source, start, killed } = rig(t, ['SIGINT', 'SIGTERM'])
  await start()
  for (const signal of PASSED_SIGNALS) {
    if (signal === 'SIGTSTP') continue
    source.emit(signal)
    await turn()
  }
  t.same(killed, ['SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGCONT'])
})

t.test('the same signal twice at once is passed on once, and later again', async t => {
  const { source, start, killed, asked } = rig(t, [])
  await start()
  source.emit('SIGTERM')
  source.emit('SIGTERM')
  source.emit('SIGHUP')
  await turn()
  t.same(killed, ['SIGTERM', 'SIGHUP'])
  t.same(asked, ['SIGTERM', 'SIGHUP'])
  source.emit('SIGTERM')
  await turn()
  t.same(killed, ['SIGTERM', 'SIGHUP', 'SIGTERM'])
})

t.test('without a witness, what a terminal sends to the group is not passed on', async t => {
  const { source, start, killed } = rig(t, null)
  await start()
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGWINCH', 'SIGTERM', 'SIGHUP', 'SIGUSR1'])
    source.emit(signal)
  await turn()
  t.same(killed, ['SIGTERM', 'SIGHUP', 'SIGUSR1'])
})

t.test('a command that has stopped stops this process too', async t => {
  const { source, start, killed, raised, state } = rig(t, [])
  await start()
  source.emit('SIGTSTP')
  await turn()
  t.same(killed, ['SIGTSTP'])
  t.same(raised, [], 'not before the command')
  state.isStopped = true
  t.ok(await eventually(() => raised.length > 0))
  t.same(raised, ['SIGTSTP 77 0'], 'by its default action')
  t.equal(source.listenerCount('SIGTSTP'), 1, 'which is caught again afterwards')
})

t.test('after the command, a signal ends the wait for connections', async t => {
  const { source, pass, start, killed } = rig(t, [])
  await start()
  let calls = 0
  pass.callInstead(() => calls++)
  for (const signal of PASSED_SIGNALS) source.emit(signal)
  await turn()
  t.equal(calls, 4, 'SIGINT, SIGTERM, SIGHUP, SIGQUIT')
  t.same(killed, [])
  pass.release()
  t.same(source.eventNames(), [])
})

t.test('a signal before the command ends the run in its place', async t => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const) {
    const { source, pass, witness, killed, raised, settle } = rig(t, [])
    const started = pass.start(() => t.fail('it was started') as never, witness)
    for (const ignored of ['SIGWINCH', 'SIGCONT']) source.emit(ignored)
    source.emit(signal)
    t.same(raised, [], 'first everything is put away')
    await settle()
    t.equal(await started, signal)
    source.emit('SIGTERM')
    t.same(raised, ['SIGTERM 77 0'], 'a second one waits for nothing')
    t.same(killed, [])
  }
})

t.test('signals that were caught before count', async t => {
  const { pass, witness, settle, overlap } = rig(t, [], ['SIGHUP'])
  t.notOk(overlap.includes(0), 'listeners are added before those of before are removed')
  const started = pass.start(() => t.fail('it was started') as never, witness)
  await settle()
  t.equal(await started, 'SIGHUP')
})

t.test('a stop before the command stops this process', async t => {
  const { source, raised, start, killed } = rig(t, [])
  source.emit('SIGTSTP')
  t.same(raised, ['SIGTSTP 77 0'])
  t.equal(source.listenerCount('SIGTSTP'), 1)
  await start()
  t.same(killed, [])
})

t.test('a signal of the group that may be older than the command is passed on', async t => {
  for (const shared of [['SIGINT', 'SIGTERM'], null] as const) {
    const { source, pass, command, witness, killed, settle } = rig(t, shared)
    const started = pass.start(() => command, witness)
    await settle()
    t.equal(await started, command)
    source.emit('SIGINT')
    await settle()
    t.same(killed, ['SIGINT'], 'it was received before the command was there')
    source.emit('SIGINT')
    await turn()
    t.same(killed, ['SIGINT'], 'the command has this one')
  }
})

t.test('Windows, which has no signals to send, is sent none', async t => {
  const { source, pass, command, witness, killed, settle } = rig(t, ['SIGINT'])
  source.platform = 'win32'
  void pass.start(() => command, witness)
  await settle()
  t.equal(source.listenerCount('SIGURG'), 0)
  source.emit('SIGINT')
  await turn()
  t.same(killed, [], 'the command has it')
})
