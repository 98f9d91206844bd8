import t from 'tap'
import { USAGE, readOptions } from '../../../scripts/soak/options.ts'

t.test('the words of the command', async t => {
  const defaults = { minutes: 30, seed: 1, processes: 1, rate: 40, bin: 'dist/bin.js' }
  t.same(readOptions([]), defaults)
  t.same(readOptions(['0.5', '--seed', '7', '--json', 'x']), {
    ...defaults,
    minutes: 0.5,
    seed: 7,
    json: 'x',
  })
  for (const [words, message] of [
    [['0'], /^minutes: "0" is not a number from 0.5 to/],
    [['3', '4'], /unexpected "4"/],
    [['--rate', ''], /^--rate: ""/],
    [['--other'], /--other/],
  ] as const) {
    t.throws(() => readOptions(words), { message })
  }
})

t.test('the usage has every option', async t => {
  t.equal(readOptions(['--help']), null)
  t.equal(readOptions(['-h', '3']), null)
  const { json, ...rest } = readOptions(['--json', 'x']) ?? {}
  t.equal(json, 'x')
  for (const name of [...Object.keys(rest).filter(key => key !== 'minutes'), 'json', 'help'])
    t.match(USAGE, `--${name}`)
})
