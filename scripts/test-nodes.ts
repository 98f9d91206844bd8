/**
 * Runs the tests against the build in dist/ with several versions of Node, got as the npm package
 * `node`, and prints one line for each.
 *
 *     npm run test:nodes                           every supported version, every test
 *     npm run test:nodes -- 24                     one version
 *     npm run test:nodes -- 24 26 test/socks/*     two, and some of the tests
 */
import { spawnSync } from 'node:child_process'
import { delimiter, dirname } from 'node:path'

const SUPPORTED = ['20', '22', '24', '26']

const isVersion = (word: string): boolean => /^\d+(\.\d+)*$/.test(word)
const words = process.argv.slice(2)
const asked = words.filter(isVersion)
const files = words.filter(word => !isVersion(word))

/** The program of a version, installed by npm into its cache where it is not there yet. */
const findNode = (version: string): string | undefined => {
  const { stdout, status } = spawnSync(
    'npx',
    ['-y', '-p', `node@${version}`, 'node', '-p', 'process.execPath'],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  )
  return status === 0 ? stdout.trim() : undefined
}

const run = (version: string): boolean => {
  const program = findNode(version)
  if (program === undefined) {
    console.log(`node ${version}: could not be installed`)
    return false
  }
  const startedAt = performance.now()
  const { stdout, status } = spawnSync(
    program,
    [
      'node_modules/tap/dist/esm/run.mjs',
      '--disable-coverage',
      '--reporter=tap',
      // These replace those of .taprc.
      '--node-arg=--import=tsx',
      '--node-arg=--import=./scripts/test-build.mjs',
      ...files,
    ],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: Number.POSITIVE_INFINITY,
      // What the tests start by the name `node` is of the same version.
      env: { ...process.env, PATH: `${dirname(program)}${delimiter}${process.env['PATH'] ?? ''}` },
    },
  )
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  const exact = spawnSync(program, ['-v'], { encoding: 'utf8' }).stdout.trim()
  const counts = /^# \{ (total: .*) \}$/m.exec(stdout)?.[1] ?? 'no test ran'
  const isGood = status === 0 && counts !== 'no test ran'
  if (!isGood) console.log(stdout)
  console.log(`node ${exact}: ${isGood ? 'passed' : 'FAILED'} in ${seconds} s, ${counts}`)
  return isGood
}

const results = (asked.length > 0 ? asked : SUPPORTED).map(run)
process.exitCode = results.every(Boolean) ? 0 : 1
