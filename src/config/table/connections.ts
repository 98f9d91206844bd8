import type { KeepAlive } from '../../core/stream-socket.ts'
import type { Field } from '../fields.ts'
import { duration, oneOf, whole, wholeOr } from '../fields.ts'
import { key, section } from '../section.ts'
import { foundAllowed, kindOf } from '../problem.ts'

/** The bounds of TCP_KEEPIDLE and TCP_KEEPINTVL, in milliseconds, and of TCP_KEEPCNT (tcp(7)). */
const LEAST_MS = 1000
const MOST_MS = 32_767_000
const COUNT_MAX = 127

/** The kernel's keepalive options count whole seconds. */
const wholeSeconds = (field: Field<number, 'Ms'>): Field<number, 'Ms'> => ({
  ...field,
  read: (written, path, report) => {
    const ms = field.read(written, path, report)
    return ms === undefined ? undefined : Math.ceil(ms / LEAST_MS) * LEAST_MS
  },
})

const KEEP_ALIVE_ON = section({
  idle: key(wholeSeconds(duration(LEAST_MS, '', MOST_MS)), {
    default: '60s',
    about: 'Silence before the first probe',
    more: 'A fraction of a second counts as a second, here and in `interval`.',
  }),
  interval: key(wholeSeconds(duration(LEAST_MS, '', MOST_MS)), {
    default: '15s',
    about: 'Time between two probes',
  }),
  count: key(whole(1, COUNT_MAX), {
    default: 4,
    about: 'Probes without an answer that end the connection',
  }),
})

const KEEP_ALIVE = 'on, off, or a mapping with idle, interval, count'

const keepAlive: Field<KeepAlive | null, ''> & { readonly keys: typeof KEEP_ALIVE_ON.keys } = {
  ...KEEP_ALIVE_ON,
  read: (written, path, report) => {
    if (written === 'off') return null
    if (written === 'on') return KEEP_ALIVE_ON.read({}, path, report)
    if (typeof written === 'object' && written !== null && !Array.isArray(written))
      return KEEP_ALIVE_ON.read(written, path, report)
    const found =
      typeof written === 'object'
        ? `found ${kindOf(written)}; allowed: ${KEEP_ALIVE}`
        : foundAllowed(written, KEEP_ALIVE)
    report({ path, what: 'value', message: found })
    return undefined
  },
  show: value => (value === null ? 'off' : KEEP_ALIVE_ON.show(value)),
  jsonSchema: { anyOf: [{ enum: ['on', 'off'] }, KEEP_ALIVE_ON.jsonSchema] },
}

/** The section `egress`. */
export const EGRESS = section({
  keepAlive: key(keepAlive, {
    default: 'on',
    about: 'TCP keepalive of connections to clients and to targets: `on`, `off`, or its keys',
    more: 'It keeps NAT mappings, and finds peers that are gone.',
  }),
})

/** The section `pipe`. */
export const PIPE = section({
  engine: key(oneOf(['auto', 'splice', 'stream']), {
    default: 'auto',
    about:
      'What moves the bytes: the kernel, by worker threads (`splice`, on Linux), or Node (`stream`); `auto`: `splice` where that can run',
    more: 'With `auto` the threads copy for peers on loopback, which is faster there.',
    needsRestart: true,
    page: 'engines.md',
  }),
  workers: key(wholeOr('auto', 'auto', 1, 64), {
    default: 'auto',
    about: 'Worker threads of `splice`',
    more: '`auto`: one for every two cores.',
    needsRestart: true,
  }),
  idleTimeout: key(duration(1), {
    default: '2h4m',
    about: 'Ends a connection on which nothing has moved for so long (RFC 5382 section 5)',
  }),
  halfCloseTimeout: key(duration(1), {
    default: '60s',
    about:
      'Ends a connection of which one side has closed and the other has been silent for so long',
  }),
})

const AUTH_FAILURES = section({
  perMinute: key(whole(0, 1000), {
    default: 10,
    about: 'Failed logins of one client within a minute after which it is banned',
    more: '0 bans nobody. Clients on loopback and UNIX sockets are never banned.',
    page: 'limits.md#bans',
  }),
  ban: key(duration(1), {
    default: '1m',
    about: 'How long a banned client is refused by the listeners that require a login',
  }),
})

/** The section `limits`. */
export const LIMITS = section({
  maxConnections: key(whole(1, 10_000_000), {
    default: 10_000,
    about: 'Connections at once',
    more: 'The limit on open files may allow fewer.',
    page: 'limits.md#file-descriptors',
  }),
  maxConnectionsPerClient: key(whole(0, 10_000_000), {
    default: 0,
    about: 'Connections at once from one client: an IPv4 address, or an IPv6 network (/64)',
    more: '0 is no limit.',
  }),
  maxConnectionsPerUser: key(whole(0, 10_000_000), {
    default: 0,
    about: 'Connections at once of one user, on all listeners together',
    more: '0 is no limit.',
    page: 'limits.md#users-and-clients',
  }),
  handshakeTimeout: key(duration(1), {
    default: '10s',
    about: 'Time from accept to a complete request',
  }),
  authFailureDelay: key(duration(), {
    default: '1s',
    about: 'How long a failed login waits for its answer',
  }),
  authFailures: key(AUTH_FAILURES, { default: {}, about: 'When a client is banned' }),
})
