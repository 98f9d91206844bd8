import { z } from 'zod'
import { duration, durationOrOff, flag, oneOf, section, whole } from '../fields.ts'
import { foundAllowed } from '../show-value.ts'

/** RFC 8305 section 5: the minimum delay between the starts of two attempts. */
const LEAST_DELAY_MS = 10

/** The section `eyeballs`: the names of RFC 8305, and the defaults of its section 8. */
export const eyeballsSchema = section({
  resolutionDelay: duration('50ms').describe(
    'How long a first answer waits for the family that may go first (RFC 8305 section 3).',
  ),
  connectionAttemptDelay: duration('250ms').describe(
    'Time between two attempts (RFC 8305 section 5), within the two bounds below.',
  ),
  minimumConnectionAttemptDelay: duration(
    '100ms',
    LEAST_DELAY_MS,
    ' (RFC 8305 section 5)',
  ).describe('The least that the time between two attempts may be, learnt or not; 10ms or more.'),
  maximumConnectionAttemptDelay: duration('2s', LEAST_DELAY_MS, ' (RFC 8305 section 5)').describe(
    'The most that the time between two attempts may be, learnt or not.',
  ),
  firstAddressFamilyCount: whole(1, 1, 16).describe(
    'Addresses of the preferred family before the first of the other (RFC 8305 section 4), 1 to 16.',
  ),
  preferredFamily: z
    .literal(['auto', 4, 6, '4', '6'], {
      error: issue => foundAllowed(issue.input, 'auto, 6, 4'),
    })
    .prefault('auto')
    .describe("The family that is asked for and tried first. auto: by the host's connectivity."),
  adaptive: flag(true).describe(
    'Races learn from earlier ones: how far away addresses are, and which networks swallow packets.',
  ),
  maxConcurrentAttempts: whole(6, 1, 64).describe('Attempts in flight at most, 1 to 64.'),
  attemptTimeout: durationOrOff().describe(
    'Ends an attempt that has not connected in this time. off: it lives until there is a winner.',
  ),
  connectTimeout: duration('30s', 1).describe('Time for the whole race, lookups included.'),
  confirm: oneOf(['none', 'tls'])
    .prefault('none')
    .describe(
      "tls: a race is over when a target has answered the client's TLS ClientHello, which may be sent to several. none: when one has connected.",
    ),
})

export type EyeballsInput = z.output<typeof eyeballsSchema>
