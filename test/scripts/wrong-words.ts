import { parseArgs } from 'node:util'
import t from 'tap'
import { wrongWords } from '../../scripts/wrong-words.ts'

const said = (...args: string[]): string => {
  try {
    parseArgs({ args, options: { rate: { type: 'string' } } })
  } catch (error) {
    return wrongWords(error)
  }
  return ''
}

t.test('the first sentence of what Node says', async t => {
  t.equal(said('--help'), "Unknown option '--help'")
  t.match(said('--rate'), /^Option '--rate <value>' argument missing$/)
  t.match(said('--rate', '--help'), /^Option '--rate' argument is ambiguous$/)
  t.match(said('x'), /^Unexpected argument 'x'/)
  t.equal(
    wrongWords(new RangeError('minutes: "0" is not a number from 0.5 to 10000')),
    'minutes: "0" is not a number from 0.5 to 10000',
  )
})
