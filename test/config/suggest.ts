import fc from 'fast-check'
import t from 'tap'
import { didYouMean, editDistance, suggest } from '../../src/config/suggest.ts'

t.test('editDistance counts edits', async t => {
  const cases = [
    ['', '', 0],
    ['listen', 'listen', 0],
    ['lisen', 'listen', 1],
    ['listenn', 'listen', 1],
    ['lusten', 'listen', 1],
    ['litsen', 'listen', 1],
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
  ] as const
  for (const [from, to, expected] of cases)
    t.equal(editDistance(from, to), expected, `${from} ${to}`)
})

t.test('editDistance is a metric', async t => {
  const word = fc.string({ maxLength: 12 })
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b)
      return (
        distance === editDistance(b, a) &&
        (distance === 0) === (a === b) &&
        distance >= Math.abs(a.length - b.length) &&
        distance <= Math.max(a.length, b.length)
      )
    }),
  )
  t.pass()
})

t.test('suggest returns the nearest word or undefined', async t => {
  const known = ['listen', 'clients', 'connectionAttemptDelay', 'open']
  t.equal(suggest('lisen', known), 'listen')
  t.equal(suggest('Listen', known), 'listen')
  t.equal(suggest('client', known), 'clients')
  t.equal(suggest('connectionattemptdelay', known), 'connectionAttemptDelay')
  t.equal(suggest('connection', known), 'connectionAttemptDelay', 'its beginning')
  t.equal(suggest('port', known), undefined)
  t.equal(suggest('x'.repeat(100_000), known), undefined)
  t.equal(didYouMean('opne', known), '; did you mean "open"?')
  t.equal(didYouMean('zzz', known), '')
})
