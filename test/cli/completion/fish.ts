import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { fishCompletion } from '../../../src/cli/completion/fish.ts'
import { COMMANDS } from '../../../src/cli/definitions.ts'

t.test('fish completion names every command and option', async t => {
  const script = fishCompletion()
  for (const { name, options } of COMMANDS) {
    t.match(script, name)
    for (const option of options) t.match(script, option.name)
    for (const { choices } of options) if (choices) t.match(script, choices.join(' '))
  }
})

const { error } = spawnSync('fish', ['--version'])
const skip = error ? `no fish here: ${error.message}` : false

t.test('fish accepts the script', { skip }, async t => {
  const file = join(t.testdir({ script: fishCompletion() }), 'script')
  const { status, stderr } = spawnSync('fish', ['-n', file], { encoding: 'utf8' })
  t.equal(status, 0, stderr)
})
