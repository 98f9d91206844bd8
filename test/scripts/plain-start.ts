import { spawnSync } from 'node:child_process'
import type { Test } from 'tap'
import t from 'tap'
import { makeScratchRepository } from '../fixtures/scratch-repository.ts'

t.setTimeout(120_000)

/** Without the variables of the tap that runs this test, which the other would take for its own. */
const cleanEnvironment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^_?TAP/.test(name)),
)

const TESTS = {
  'test/failing.ts': `import t from 'tap'

type Lost = { readonly onlyHere: number }

t.comment('flags', process.execArgv.join(' '))
t.comment('options', JSON.stringify(process.env['NODE_OPTIONS']))
t.test('of two', async t => {
  const lost: Lost = { onlyHere: 1 }
  t.equal(lost.onlyHere, 2, 'one is two')
})
`,
}

/** Runs tap in a scratch repository, with or without the plain start. */
const runTap = (t: Test, isPlain: boolean): { status: number | null; output: string } => {
  const { directory: cwd } = makeScratchRepository(t, TESTS)
  // By env: what this process gives to a child, tap may change.
  const node = (...words: string[]) =>
    spawnSync('env', ['NODE_OPTIONS=--no-deprecation', process.execPath, ...words], {
      cwd,
      env: cleanEnvironment,
    })
  node('scripts/compile.mjs')
  const preload = isPlain ? ['--import=./scripts/plain-start.mjs'] : []
  const words = ['node_modules/tap/dist/esm/run.mjs', '--reporter=tap', '--jobs=1']
  const { status, stdout, stderr } = node(...preload, ...words)
  return { status, output: `${stdout.toString()}${stderr.toString()}` }
}

/** The output without what differs from run to run. */
const steady = (output: string): string =>
  output
    .split('\n')
    .filter(line => !/# (flags|options|time=)/.test(line))
    .map(line => line.replace(/ # time=.*|eyeballd-scratch-\w+/, ''))
    .join('\n')

t.test('a test starts without loaders, and its output is that of any other start', t => {
  const [plain, usual] = [runTap(t, true), runTap(t, false)]
  t.match(plain.output, /# flags --enable-source-maps --import=\S+source-stacks\.mjs\n/)
  t.match(plain.output, /# options "--no-deprecation"\n/)
  t.match(usual.output, /# flags .*@tapjs.*compiled\.mjs\n/, 'which is what others have')
  t.match(plain.output, /not ok 1 - one is two/)
  t.match(plain.output, /fileName: test\/failing\.ts\n *lineNumber: 9\n/)
  t.notMatch(plain.output, '.build', 'nothing tells of compiled files')
  t.equal(steady(plain.output), steady(usual.output))
  t.same([plain.status, usual.status], [1, 1])
  t.end()
})
