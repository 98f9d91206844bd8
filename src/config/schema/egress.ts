import { z } from 'zod'
import { duration, section, whole } from '../fields.ts'
import { foundAllowed, kindOf } from '../show-value.ts'

/** The bounds of TCP_KEEPIDLE and TCP_KEEPINTVL, in milliseconds, and of TCP_KEEPCNT (tcp(7)). */
const LEAST_MS = 1000
const MOST_MS = 32_767_000
const COUNT_MAX = 127

const keepAliveSchema = section({
  idle: duration('60s', LEAST_MS, '', MOST_MS).describe(
    'Silence before the first probe; 1s or more.',
  ),
  interval: duration('15s', LEAST_MS, '', MOST_MS).describe('Time between two probes; 1s or more.'),
  count: whole(4, 1, COUNT_MAX).describe(
    'Probes without an answer that end the connection, 1 to 127.',
  ),
})

/** The values of `keepAlive: on`, which is also the default. */
export const KEEP_ALIVE_ON = keepAliveSchema.parse({})

const KEEP_ALIVE = 'on, off, or a mapping with idle, interval, count'

/** The section `egress`. */
export const egressSchema = section({
  keepAlive: z
    .union([z.literal('on'), z.literal('off'), keepAliveSchema], {
      error: ({ input }) =>
        typeof input === 'object'
          ? `found ${kindOf(input)}; allowed: ${KEEP_ALIVE}`
          : foundAllowed(input, KEEP_ALIVE),
    })
    .prefault({})
    .describe(
      'TCP keepalive of connections to clients and to targets: on (the defaults of its keys), off, or when peers are probed. In whole seconds; a fraction counts as one.',
    ),
})

export type EgressInput = z.output<typeof egressSchema>
