import t from 'tap'
import { raceFailure } from '../../../src/eyeballs/race/failure.ts'
import type { AttemptSummary, RaceSummary } from '../../../src/eyeballs/race/summary.ts'

const summary = (changes: Partial<RaceSummary>): RaceSummary => ({
  durationMs: 10,
  hidden: false,
  winner: null,
  lost: 'all-failed',
  dns: [],
  attempts: [],
  untried: 0,
  ...changes,
})

const attempt = (n: number, code: string, message = `connect ${code} ${n}`): AttemptSummary => ({
  n,
  address: `192.0.2.${n}`,
  family: 4,
  port: 443,
  startMs: 0,
  endMs: 1,
  outcome: 'failed',
  code,
  message,
})

const lookup = (type: 'A' | 'AAAA', code?: string): RaceSummary['dns'][number] => ({
  type,
  host: 'example.com',
  startMs: 0,
  endMs: 1,
  ...(code === undefined ? {} : { code }),
})

void t.test('one code and one text where all attempts share them', async t => {
  const attempts = [attempt(1, 'ECONNREFUSED', 'refused'), attempt(2, 'ECONNREFUSED', 'refused')]
  t.strictSame(raceFailure(summary({ attempts })), {
    code: 'ECONNREFUSED',
    message: 'refused',
    attemptCodes: ['ECONNREFUSED', 'ECONNREFUSED'],
  })
})

void t.test('one code, several texts', async t => {
  const attempts = [attempt(1, 'ECONNREFUSED'), attempt(2, 'ECONNREFUSED')]
  t.match(raceFailure(summary({ attempts })), {
    code: 'ECONNREFUSED',
    message: 'Multiple exceptions: connect ECONNREFUSED 1, connect ECONNREFUSED 2',
  })
})

void t.test('several codes', async t => {
  const attempts = [attempt(1, 'ENETUNREACH'), attempt(2, 'ECONNREFUSED')]
  t.match(raceFailure(summary({ attempts })), {
    code: 'ERR_RACE_FAILED',
    attemptCodes: ['ENETUNREACH', 'ECONNREFUSED'],
  })
})

void t.test(
  'lookups that failed: what could not be asked tells more than what is not there',
  async t => {
    const code = (...codes: string[]): string =>
      raceFailure(summary({ lost: 'no-addresses', dns: codes.map(each => lookup('A', each)) })).code
    t.equal(code('ENOTFOUND', 'ENOTFOUND'), 'ENOTFOUND')
    t.equal(code('ENODATA', 'ENOTFOUND'), 'ENOTFOUND')
    t.equal(code('ENODATA', 'ENODATA'), 'ENODATA')
    t.equal(code('ENODATA', 'ESERVFAIL'), 'ESERVFAIL')
    t.equal(code('ENOTFOUND', 'EBADRESP'), 'EBADRESP')
    t.equal(code('ESERVFAIL', 'ETIMEDOUT'), 'ETIMEDOUT')
    t.equal(code(), 'ENOTFOUND')
  },
)

void t.test('the text of failed lookups names each', async t => {
  const dns = [lookup('AAAA', 'ENODATA'), lookup('A')]
  t.strictSame(raceFailure(summary({ lost: 'deadline', dns })), {
    code: 'ETIMEDOUT',
    message: 'no address: example.com AAAA ENODATA, example.com A without an answer',
    attemptCodes: [],
  })
})
