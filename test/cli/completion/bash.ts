import { spawnSync } from 'node:child_process'
import t from 'tap'
import { bashCompletion } from '../../../src/cli/completion/bash.ts'

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
  const { pathname } = new URL('bash', import.meta.url)
  t.strictSame(offers('check', pathname), [`${pathname}.ts`])
  t.strictSame(offers('-c', pathname), [`${pathname}.ts`])
})
