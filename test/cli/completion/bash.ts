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

t.test('offers commands, options and their words', { skip }, async t => {
  t.same(offers('he'), ['healthcheck'])
  t.same(offers('--lis'), ['--listen'])
  t.same(offers('race', '--j'), ['--json'])
  t.same(offers('race', '--listen'), [])
  t.same(offers('--log-format', ''), ['json', 'pretty', 'auto'])
  t.same(offers('completion', 'z'), ['zsh'])
  t.same(offers('--dns', ''), [])
  const { pathname } = new URL('bash', import.meta.url)
  t.same(offers('check', pathname), [`${pathname}.ts`])
  t.same(offers('-c', pathname), [`${pathname}.ts`])
})
