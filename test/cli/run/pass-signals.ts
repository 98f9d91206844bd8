import { EventEmitter } from 'node:events'
import type { Test } from 'tap'
import t from 'tap'
import { passSignals } from '../../../src/cli/run/pass-signals.ts'
import type { PassedSignal } from '../../../src/cli/run/signal-witness.ts'
import { PASSED_SIGNALS } from '../../../src/cli/run/signal-witness.ts'
import { eventually } from '../../fixtures/in-parallel.ts'

/** @param shared the signals that the whole group gets; null: there is no witness */
const rig = (t: Test, shared: readonly PassedSignal[] | null) => {
  const raised: string[] = []
  const killed: string[] = []
  const asked: string[] = []
  const state = { isStopped: false }
  const source = Object.assign(new EventEmitter(), {
    pid: 77,
    kill: (pid: number, signal: string) => {
      raised.push(`${signal} ${pid} ${source.listenerCount(signal)}`)
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
  const pass = passSignals(source as unknown as NodeJS.Process, witness)
  t.teardown(pass.release)
  const command = {
    kill: (signal: NodeJS.Signals) => void killed.push(signal),
    isStopped: () => state.isStopped,
  }
  return { source, pass, command, raised, killed, asked, state }
}

const turn = (): Promise<void> => new Promise(resolve => void setImmediate(resolve))

t.test('a signal of this process is passed on, one of the group is not', async t => {
  const { source, pass, command, killed } = rig(t, ['SIGINT', 'SIGTERM'])
  pass.to(command)
  for (const signal of PASSED_SIGNALS) {
    if (signal === 'SIGTSTP') continue
    source.emit(signal)
    await turn()
  }
  t.same(killed, ['SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGCONT'])
})

t.test('the same signal twice at once is passed on once, and later again', async t => {
  const { source, pass, command, killed, asked } = rig(t, [])
  pass.to(command)
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
  const { source, pass, command, killed } = rig(t, null)
  pass.to(command)
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGWINCH', 'SIGTERM', 'SIGHUP', 'SIGUSR1'])
    source.emit(signal)
  await turn()
  t.same(killed, ['SIGTERM', 'SIGHUP', 'SIGUSR1'])
})

t.test('a command that has stopped stops this process too', async t => {
  const { source, pass, command, killed, raised, state } = rig(t, [])
  pass.to(command)
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
  const { source, pass, command, killed } = rig(t, [])
  pass.to(command)
  let calls = 0
  pass.callInstead(() => calls++)
  for (const signal of PASSED_SIGNALS) source.emit(signal)
  await turn()
  t.equal(calls, 4, 'SIGINT, SIGTERM, SIGHUP, SIGQUIT')
  t.same(killed, [])
  pass.release()
  t.same(source.eventNames(), [])
})
