/**
 * Runs the tests against the build in dist/ with several versions of Node, got as the npm package
 * `node`, and prints one line for each.
 *
 *     npm run test:nodes                           every supported version, every test
 *     npm run test:nodes -- 24                     one version
 *     npm run test:nodes -- 24 26 test/wire/socks5/*     two, and some of the tests
 */
import { formatDigest } from './digest.ts'
import { findNode, isVersion, pathWith } from './find-node.ts'
import { BUILD, FEWER_JOBS, runTap } from './run-tap.ts'

const SUPPORTED = ['20', '22', '24', '26']

const OPTIONS = [
  '--disable-coverage',
  FEWER_JOBS,
  // These replace those of .taprc.
  '--node-arg=--import=./scripts/compiled.mjs',
  '--node-arg=--import=./scripts/test-build.mjs',
]

const words = process.argv.slice(2)
const asked = words.filter(isVersion)
const files = words.filter(word => !isVersion(word))

const run = (version: string): boolean => {
  const found = findNode(version)
  if (!found) {
    console.log(`node ${version}: FAILED, it could not be installed`)
    return false
  }
  const [program, exact] = found
  const env = { ...BUILD, PATH: pathWith(program) }
  const result = runTap(program, [...OPTIONS, ...files], env)
  if (!result.isGood) console.log(formatDigest(result))
  const { isGood, passed, failed, skipped, seconds } = result
  console.log(
    `node ${exact}: ${isGood ? 'ok' : 'FAILED'}, ${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds} s`,
  )
  return isGood
}

const results = (asked.length > 0 ? asked : SUPPORTED).map(run)
process.exitCode = results.every(Boolean) ? 0 : 1
