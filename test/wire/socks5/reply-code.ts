import t from 'tap'
import type { FailureOutcome } from '../../../src/core/failure-outcome.ts'
import { replyCode } from '../../../src/wire/socks5/reply-code.ts'

/** The codes of RFC 1928 section 6. */
const ROWS: Readonly<Record<FailureOutcome, number>> = {
  failed: 1,
  limit: 1,
  denied: 2,
  loop: 2,
  'network-unreachable': 3,
  'host-unreachable': 4,
  'no-address': 4,
  'dns-failed': 4,
  refused: 5,
  'timed-out': 6,
  'no-family': 8,
}

void t.test('each outcome has its reply', async t => {
  for (const [outcome, reply] of Object.entries(ROWS)) {
    t.equal(replyCode(outcome as FailureOutcome), reply, outcome)
  }
})
