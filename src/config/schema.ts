import type { z } from 'zod'
import { duration, list, oneOf, section, text, whole, wholeOrAuto } from './fields.ts'
import { checkRedactPath, REDACT } from './redact-path.ts'
import { accessRuleSchema } from './schema/access.ts'
import { adminSchema } from './schema/admin.ts'
import { egressSchema } from './schema/egress.ts'
import { eyeballsSchema } from './schema/eyeballs.ts'
import { listenerSchema } from './schema/listener.ts'
import { resolverSchema } from './schema/resolver.ts'

const pipeSchema = section({
  engine: oneOf(['auto', 'splice', 'stream'])
    .prefault('auto')
    .describe(
      'What moves the bytes. splice: the kernel, by worker threads (Linux). stream: Node. auto: as splice where that can run, but for peers on loopback those threads copy, which is faster there. Read at the start only.',
    ),
  workers: wholeOrAuto(1, 64).describe(
    'Worker threads of the splice engine, 1 to 64. auto: one for every two cores. Read at the start only.',
  ),
  idleTimeout: duration('2h4m', 1).describe(
    'Ends a connection on which nothing moved for so long (RFC 5382 section 5).',
  ),
  halfCloseTimeout: duration('60s', 1).describe(
    'Ends a connection of which one side has closed and the other was silent for so long.',
  ),
})

const limitsSchema = section({
  maxConnections: whole(10_000, 1, 10_000_000).describe(
    'Connections at once; the limit on open files may allow fewer.',
  ),
  maxConnectionsPerClient: whole(0, 0, 10_000_000).describe(
    'Connections at once from one client address; 0 is no limit.',
  ),
  handshakeTimeout: duration('10s', 1).describe('Time from accept to a complete request.'),
  authFailureDelay: duration('1s').describe('How long a failed login waits for its answer.'),
})

const logSchema = section({
  level: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .prefault('info')
    .describe('The least that is logged: trace, debug, info, warn, error, fatal, silent.'),
  format: oneOf(['json', 'pretty', 'auto'])
    .prefault('auto')
    .describe('json, pretty, or auto: pretty on a terminal.'),
  races: oneOf(['all', 'failed', 'none']).prefault('all').describe('Which races are logged.'),
  redact: list(text(REDACT, checkRedactPath), 'field names', 0)
    .prefault([])
    .describe(
      'Fields of log lines that are masked, with what stood in them wherever else it occurs in the line.',
    ),
})

/** The default listeners; an address that the host does not have is skipped. */
const DEFAULT_LISTENERS = [{ protocol: 'socks' as const, listen: 'localhost:1080' }]

/**
 * The schema of a configuration file: the type and default of each key. Checks of several keys together run
 * separately, so that one mistake does not hide another. The schema has no transforms, so that it can be
 * exported as JSON Schema.
 */
export const configSchema = section({
  listeners: list(listenerSchema, 'listeners')
    .prefault(DEFAULT_LISTENERS)
    .describe('Where clients connect. Default: SOCKS on port 1080 of both loopback addresses.'),
  access: list(accessRuleSchema, 'rules', 0)
    .prefault([])
    .describe(
      'Rules for targets; the first that matches decides, then built-in denials, then allow.',
    ),
  resolver: resolverSchema.prefault({}).describe('How names become addresses.'),
  eyeballs: eyeballsSchema.prefault({}).describe('How a connection is raced (RFC 8305).'),
  egress: egressSchema.prefault({}).describe('How connections are made and kept.'),
  pipe: pipeSchema
    .prefault({})
    .describe('How bytes are moved, and how established connections end.'),
  limits: limitsSchema.prefault({}).describe('What clients may use.'),
  log: logSchema.prefault({}).describe('What is logged, and how.'),
  admin: adminSchema.prefault({}).describe('The HTTP endpoint for health checks.'),
  processes: whole(1, 1, 64).describe(
    'Processes that share the listeners; more than one is for hosts with several cores. Read at the start only.',
  ),
  drainTimeout: duration('30s').describe(
    'How long connections may go on after SIGTERM; 0 closes them at once.',
  ),
})

/** A configuration as written, with defaults filled in. */
export type ConfigInput = z.output<typeof configSchema>
