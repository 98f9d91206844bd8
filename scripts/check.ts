/**
 * Everything that a change must pass, in one command: `npm run check`. All of it runs even where
 * something has failed, so that one run tells all; `npm run check -- lint types` runs some of it.
 */
import { spawnSync } from 'node:child_process'

/** The scripts `check:*` of package.json, quick ones first. */
const STEPS = ['format', 'lint', 'types', 'unused', 'package', 'test']

const asked = process.argv.slice(2)
const unknown = asked.filter(step => !STEPS.includes(step))
if (unknown.length > 0) {
  console.error(`no such check: ${unknown.join(', ')}; there are ${STEPS.join(', ')}`)
  process.exit(2)
}

const results = STEPS.filter(step => asked.length === 0 || asked.includes(step)).map(step => {
  console.log(`\n== check:${step}`)
  const startedAt = performance.now()
  const { status } = spawnSync('npm', ['run', '--silent', `check:${step}`], { stdio: 'inherit' })
  return { step, isGood: status === 0, seconds: (performance.now() - startedAt) / 1000 }
})

console.log('')
for (const { step, isGood, seconds } of results) {
  console.log(`${isGood ? 'ok    ' : 'FAILED'} ${step.padEnd(8)} ${seconds.toFixed(1)} s`)
}
process.exitCode = results.every(({ isGood }) => isGood) ? 0 : 1
