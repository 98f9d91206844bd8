import { fail } from '../../core/fail.ts'
import type { Field } from '../fields.ts'
import { duration, durationOr, numberOrText, oneOf, trueOrFalse, whole } from '../fields.ts'
import { key, section } from '../section.ts'
import { foundAllowed } from '../problem.ts'

/** RFC 8305 section 5: the minimum delay between the starts of two attempts. */
const LEAST_DELAY_MS = 10
const BY_RFC = ' (RFC 8305 section 5)'

const FAMILY = 'auto, 6, 4'

const family: Field<'auto' | 4 | 6, ''> = {
  ...numberOrText(FAMILY, (written): 'auto' | 4 | 6 => {
    if (written === 'auto') return written
    if (written === 6 || written === '6') return 6
    if (written === 4 || written === '4') return 4
    throw fail('ERR_CONFIG', foundAllowed(written, FAMILY))
  }),
  jsonSchema: { enum: ['auto', 4, 6, '4', '6'] },
}

/** The section `eyeballs`: the names of RFC 8305, and the defaults of its section 8. */
export const EYEBALLS = section({
  resolutionDelay: key(duration(), {
    default: '50ms',
    about: 'How long a first answer waits for the family that may go first (RFC 8305 section 3)',
    flag: { name: 'resolution-delay', value: 'DURATION' },
  }),
  connectionAttemptDelay: key(duration(), {
    default: '250ms',
    about: 'Time between two attempts (RFC 8305 section 5)',
    more: 'It lies within the two bounds below.',
    flag: { name: 'connection-attempt-delay', value: 'DURATION' },
  }),
  minimumConnectionAttemptDelay: key(duration(LEAST_DELAY_MS, BY_RFC), {
    default: '100ms',
    about: 'The least time between two attempts, learnt or not',
  }),
  maximumConnectionAttemptDelay: key(duration(LEAST_DELAY_MS, BY_RFC), {
    default: '2s',
    about: 'The most time between two attempts, learnt or not',
  }),
  firstAddressFamilyCount: key(whole(1, 16), {
    default: 1,
    about: 'Addresses of the first family before one of the other (RFC 8305 section 4)',
  }),
  preferredFamily: key(family, {
    default: 'auto',
    about: "The family that is tried first: `6`, `4`, or `auto`: by the host's connectivity",
  }),
  adaptive: key(trueOrFalse(), {
    default: true,
    about: 'Races learn from earlier ones: round-trip times, and what swallows packets',
    page: 'learning-and-confirmed.md',
  }),
  maxConcurrentAttempts: key(whole(1, 64), {
    default: 6,
    about: 'Attempts in flight',
  }),
  attemptTimeout: key(durationOr('off'), {
    default: 'off',
    about: 'Ends an attempt that has not connected in this time',
    more: '`off`: it lives until there is a winner.',
  }),
  connectTimeout: key(duration(1), {
    default: '30s',
    about: 'Time for a whole race, lookups included',
    flag: { name: 'connect-timeout', value: 'DURATION' },
  }),
  confirm: key(oneOf(['none', 'tls']), {
    default: 'none',
    about:
      "A race is over when a target has connected (`none`), or has answered the client's TLS ClientHello (`tls`)",
    more: 'With `tls` the ClientHello may be sent to several targets.',
    page: 'learning-and-confirmed.md#confirmed-races',
  }),
})
