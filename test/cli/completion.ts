import t from 'tap'
import { completion } from '../../src/cli/completion.ts'
import { createFakeIo } from '../fixtures/cli-io.ts'

const printed = async (shell: string | undefined, env = {}): Promise<string> => {
  const io = createFakeIo({ env })
  t.equal(await completion(shell === undefined ? {} : { shell }, io), 0)
  return io.out()
}

t.test(
  'completion prints the script for the given shell, else for SHELL, else for bash',
  async t => {
    t.match(await printed('zsh'), /^#compdef eyeballd/)
    t.match(await printed('fish', { SHELL: '/bin/zsh' }), /^# fish/)
    t.match(await printed(undefined, { SHELL: '/usr/bin/zsh' }), /^#compdef/)
    t.match(await printed(undefined, { SHELL: '/bin/sh' }), /^# bash/)
    t.match(await printed(undefined), /^# bash/)
  },
)

t.test('completion rejects an unknown shell', async t => {
  await t.rejects(completion({ shell: 'fishh' }, createFakeIo()), {
    code: 'ERR_CONFIG',
    message: 'SHELL: found "fishh"; allowed: bash, zsh, fish; did you mean "fish"?',
  })
})
