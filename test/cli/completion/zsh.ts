import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { zshCompletion } from '../../../src/cli/completion/zsh.ts'
import { COMMANDS } from '../../../src/cli/definitions.ts'

t.test('zsh completion names every command and option', async t => {
  const script = zshCompletion()
  for (const { name, options } of COMMANDS) {
    t.match(script, name)
    for (const option of options) t.match(script, option.name)
    for (const { choices } of options) if (choices) t.match(script, choices.join(' '))
  }
})

const { error } = spawnSync('zsh', ['--version'])
const skip = error ? `no zsh here: ${error.message}` : false

t.test('zsh accepts the script', { skip }, async t => {
  const file = join(t.testdir({ script: zshCompletion() }), 'script')
  const { status, stderr } = spawnSync('zsh', ['-n', file], { encoding: 'utf8' })
  t.equal(status, 0, stderr)
})
