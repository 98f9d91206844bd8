import type { Field } from '../fields.ts'
import { duration, oneOf, whole, wholeOr } from '../fields.ts'
import { key, section } from '../section.ts'

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

/** Adds to the message about a value how to switch the limit off; messages about its keys stay. */
const hinted =
  <Value>(field: Field<Value>, hint: string): Field<Value>['read'] =>
  (written, path, report) =>
    field.read(written, path, finding => {
      const isOwn = finding.path.length === path.length
      report(isOwn ? { ...finding, message: `${finding.message}; ${hint}` } : finding)
    })

/** A number of connections, of which 0 is no limit. */
const connectionsOf = (): Field<number, ''> => {
  const field = whole(0, 10_000_000)
  return { ...field, read: hinted(field, '0 is no limit') }
}

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
  maxConnectionsPerClient: key(connectionsOf(), {
    default: 0,
    about: 'Connections at once from one client: an IPv4 address, or an IPv6 network (/64)',
    more: '0 is no limit.',
  }),
  maxConnectionsPerUser: key(connectionsOf(), {
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
  authFailures: key(
    { ...AUTH_FAILURES, read: hinted(AUTH_FAILURES, 'perMinute: 0 bans nobody') },
    { default: {}, about: 'When a client is banned' },
  ),
})
