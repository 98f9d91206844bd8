import t from 'tap'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import {
  bashCompletion,
  completion,
  fishCompletion,
  zshCompletion,
} from '../../src/cli/completion.ts'
import { COMMANDS } from '../../src/cli/definitions.ts'
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

/** What bash would offer for the last of these words. */
const offers = (...words: readonly string[]): readonly string[] => {
  const script = `${bashCompletion()}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _eyeballd; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, status, stderr } = spawnSync(
    'bash',
    ['-c', script, 'bash', 'eyeballd', ...words],
    { encoding: 'utf8' },
  )
  t.equal(status, 0, stderr)
  return stdout.split('\n').filter(line => line !== '')
}

const { error } = spawnSync('bash', ['--version'])
const skip = error ? `no bash here: ${error.message}` : false

t.test('bash completion offers commands, options and option values', { skip }, async t => {
  t.strictSame(offers('he'), ['healthcheck'])
  t.strictSame(offers('--lis'), ['--listen'])
  t.strictSame(offers('race', '--j'), ['--json'])
  t.strictSame(offers('race', '--listen'), [])
  t.strictSame(offers('--log-format', ''), ['json', 'pretty', 'auto'])
  t.strictSame(offers('completion', 'z'), ['zsh'])
  t.strictSame(offers('--dns', ''), [])
  const { pathname } = new URL('completion', import.meta.url)
  t.strictSame(offers('check', pathname), [`${pathname}.ts`])
  t.strictSame(offers('-c', pathname), [`${pathname}.ts`])
  const dir = t.testdir({ 'two words': '' })
  t.strictSame(offers('report', `${dir}/two`), [`${dir}/two words`], 'one name')
})

t.test('bash completion behind run --', { skip }, async t => {
  t.strictSame(offers('run', '--s'), ['--summary'])
  t.ok(offers('run', '--', 'tru').includes('true'), 'a command')
  t.strictSame(offers('run', '--', 'curl', '--s'), [], 'no option of eyeballd')
  t.strictSame(offers('run', '--', 'curl', '--log-level', ''), offers('run', '--', 'curl', ''))
})

t.test('zsh completion names every command and option', async t => {
  const script = zshCompletion()
  for (const { name, options } of COMMANDS) {
    t.match(script, name)
    for (const option of options) t.match(script, option.name)
    for (const { choices } of options) if (choices) t.match(script, choices.join(' '))
  }
})

const { error: zshError } = spawnSync('zsh', ['--version'])
const skipZsh = zshError ? `no zsh here: ${zshError.message}` : false

t.test('zsh accepts the script', { skip: skipZsh }, async t => {
  const file = join(t.testdir({ script: zshCompletion() }), 'script')
  const { status, stderr } = spawnSync('zsh', ['-n', file], { encoding: 'utf8' })
  t.equal(status, 0, stderr)
})

t.test('fish completion names every command and option', async t => {
  const script = fishCompletion()
  for (const { name, options } of COMMANDS) {
    t.match(script, name)
    for (const option of options) t.match(script, option.name)
    for (const { choices } of options) if (choices) t.match(script, choices.join(' '))
  }
})

const { error: fishError } = spawnSync('fish', ['--version'])
const skipFish = fishError ? `no fish here: ${fishError.message}` : false

t.test('fish accepts the script', { skip: skipFish }, async t => {
  const file = join(t.testdir({ script: fishCompletion() }), 'script')
  const { status, stderr } = spawnSync('fish', ['-n', file], { encoding: 'utf8' })
  t.equal(status, 0, stderr)
})
