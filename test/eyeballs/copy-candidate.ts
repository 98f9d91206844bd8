import t from 'tap'
import { copyCandidate } from '../../src/eyeballs/copy-candidate.ts'
import type { Candidate } from '../../src/eyeballs/race/types.ts'

/** With all there is: a field that is added to candidates is missed here by the type. */
const whole: Required<Candidate> = {
  address: '64:ff9b::192.0.2.1',
  family: 6,
  port: 443,
  embedded: '192.0.2.1',
  source: null,
  sourceDeprecated: false,
  sourcePrefixLength: 64,
  rttMs: 0,
  attemptDelayMs: 20,
  demoted: true,
}

t.test('a copy has all fields, and the original keeps its own', async t => {
  const copy = copyCandidate(whole)
  t.strictSame(copy, whole)
  copy.rttMs = 5
  t.equal(whole.rttMs, 0)
})

t.test('what is not known stays absent', async t => {
  const bare: Candidate = { address: '192.0.2.1', family: 4, port: 80 }
  t.strictSame(Object.keys(copyCandidate(bare)), ['address', 'family', 'port'])
})
