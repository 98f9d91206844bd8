import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { spawnCommand } from '../../../src/cli/run/spawn-command.ts'
import { eventually } from '../../fixtures/in-parallel.ts'

const { env } = process
const notRefused = (signal: string): never => {
  throw new Error(`${signal} was refused`)
}
const shell = (line: string) => spawnCommand(['sh', '-c', line], env, notRefused)

t.test('how a command ends', async t => {
  t.same(await shell('exit 7').ended, { type: 'exited', status: 7 })
  t.same(await shell('kill -USR1 $$').ended, { type: 'killed', signal: 'SIGUSR1' })
  const folder = t.testdir({ file: '', script: '' })
  const ended = (program: string, path = folder) =>
    spawnCommand([program], { ...env, PATH: path }, notRefused).ended
  t.same(await ended('none'), { type: 'not-started', code: 'ENOENT' })
  t.same(await ended(join(folder, 'file')), { type: 'not-started', code: 'EACCES' })
  t.same(await ended(''), { type: 'not-started', code: 'ERR_INVALID_ARG_VALUE' })
  writeFileSync(join(folder, 'script'), '#!/bin/sh\nexit 4\n')
  chmodSync(join(folder, 'script'), 0o755)
  t.same(await ended('script'), { type: 'exited', status: 4 }, 'found in the PATH that it gets')
})

t.test('it gets the environment, and signals', async t => {
  const { ended } = spawnCommand(
    ['sh', '-c', 'exit "$STATUS"'],
    { ...env, STATUS: '9' },
    notRefused,
  )
  t.match(await ended, { status: 9 })
  const command = shell('exec sleep 60')
  t.equal(command.isStopped(), process.platform !== 'linux')
  command.kill('SIGSTOP')
  t.ok(await eventually(command.isStopped))
  command.kill('SIGCONT')
  command.kill('SIGTERM')
  t.match(await command.ended, { signal: 'SIGTERM' })
  t.equal(command.isStopped(), process.platform !== 'linux')
  t.doesNotThrow(() => command.kill('SIGTERM'), 'it has ended')
})

t.test('a command without a name is not started, and gets no signal', async t => {
  const command = spawnCommand([''], {}, notRefused)
  t.match(await command.ended, { type: 'not-started' })
  t.equal(command.isStopped(), false)
  t.doesNotThrow(() => command.kill('SIGTERM'))
})
