import { EventEmitter } from 'node:events'
import t from 'tap'
import { openTerminal } from '../../../src/cli/top/terminal.ts'
import { createTestScreen } from '../../fixtures/screen.ts'

const setUp = (hasKeys = true) => {
  const screen = createTestScreen()
  const raw: boolean[] = []
  const killed: unknown[] = []
  let whileKilled = (): void => {}
  const stdin = Object.assign(new EventEmitter(), {
    isTTY: hasKeys,
    setRawMode: (on: boolean) => void raw.push(on),
    pause: () => {},
  })
  const stdout = Object.assign(new EventEmitter(), {
    write: screen.write,
    columns: 100,
    rows: 30,
  })
  const process = Object.assign(new EventEmitter(), {
    stdin,
    stdout,
    pid: 4,
    kill: (...args: unknown[]) => {
      killed.push(args)
      whileKilled()
    },
  })
  const heard: string[] = []
  const terminal = openTerminal(process as unknown as NodeJS.Process, {
    input: text => void heard.push(`input ${text}`),
    changed: () => void heard.push('changed'),
    signal: signal => void heard.push(signal),
  })
  const onKill = (run: () => void): void => void (whileKilled = run)
  return { screen, raw, killed, onKill, stdin, stdout, process, heard, terminal }
}

t.test('it takes the terminal, and gives it back', async t => {
  const { screen, raw, killed, stdin, stdout, process, heard, terminal } = setUp()
  t.strictSame(screen.modes(), { alternate: true, hidden: true })
  t.strictSame(raw, [true])
  t.strictSame(terminal.size(), { columns: 100, rows: 30 })
  stdin.emit('data', Buffer.from('q'))
  stdout.emit('resize')
  process.emit('SIGTERM', 'SIGTERM')
  terminal.suspend()
  t.strictSame(killed, [[0, 'SIGTSTP']])
  t.strictSame(heard, ['input q', 'changed', 'SIGTERM'])
  terminal.close()
  terminal.close()
  t.strictSame(screen.modes(), { alternate: false, hidden: false })
  t.strictSame(raw, [true, false])
  for (const each of [stdin, stdout, process]) t.strictSame(each.eventNames(), [])
})

t.test('it gives it back at the exit, and while the process is stopped', async t => {
  const { screen, killed, onKill, process, heard, raw } = setUp()
  let modes: unknown
  onKill(() => {
    modes = screen.modes()
    t.equal(process.listenerCount('SIGTSTP'), 0, 'by the default action')
  })
  for (let times = 1; times <= 2; times++) {
    process.emit('SIGTSTP')
    t.strictSame(modes, { alternate: false, hidden: false })
    t.strictSame(killed.at(-1), [4, 'SIGTSTP'])
    t.strictSame(screen.modes(), { alternate: true, hidden: true }, 'also where it is not stopped')
    process.emit('SIGCONT')
    t.strictSame(screen.modes(), { alternate: true, hidden: true })
    t.strictSame(raw, [true, ...[false, true, true, false, true, true].slice(0, 3 * times)])
  }
  t.equal(killed.length, 2)
  t.ok(heard.every(each => each === 'changed') && heard.length > 0, 'to draw it again')
  process.emit('exit')
  t.strictSame(screen.modes(), { alternate: false, hidden: false })
  t.equal(raw.at(-1), false)
})

t.test('standard input that is no terminal is left alone', async t => {
  const { raw, stdin, terminal } = setUp(false)
  t.strictSame(stdin.eventNames(), [])
  terminal.close()
  t.strictSame(raw, [])
})
