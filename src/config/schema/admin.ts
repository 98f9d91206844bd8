import type { z } from 'zod'
import { HIDDEN_PASSWORD } from '../../auth/users-file.ts'
import { fail } from '../../core/fail.ts'
import { numberOrText, section, secret } from '../fields.ts'
import { parseListen } from '../listen-addresses.ts'

const LISTEN = 'off, host:port, [ipv6]:port in quotes, a port, or unix:/path'

/** RFC 6750 section 2.1 allows fewer characters; these are all that a header can hold without quotes. */
const TOKEN = '1 to 255 visible ASCII characters without spaces'

const checkToken = (value: string): void => {
  if (value === HIDDEN_PASSWORD) {
    throw fail(
      'ERR_CONFIG',
      `found ${HIDDEN_PASSWORD}, which stands for a token where a configuration is shown; allowed: the token`,
    )
  }
  if (!/^[\x21-\x7e]{1,255}$/.test(value))
    throw fail('ERR_CONFIG', `found a text of another form; allowed: ${TOKEN}`)
}

/** The section `admin`. Checks of several keys together run separately. */
export const adminSchema = section({
  listen: numberOrText(LISTEN, value => value === 'off' || parseListen(value))
    .prefault('off')
    .describe(
      'HTTP endpoint for health checks: host:port, [ipv6]:port, a port of both loopback addresses, or unix:/path; off. A UNIX socket has mode 0600.',
    ),
  token: secret(TOKEN, checkToken)
    .optional()
    .describe(
      'Bearer token of those who ask; needed where listen is neither on loopback nor a UNIX socket. /healthz and /readyz need none.',
    ),
})

export type AdminInput = z.output<typeof adminSchema>
