import type { Family } from '../../core/ip.ts'
import { fail } from '../../core/fail.ts'
import { formatIp, parseIp, unmapIp } from '../../core/ip.ts'
import { isSpecial } from '../../core/special-addresses.ts'
import type { KeepAlive } from '../../core/stream-socket.ts'
import type { Field } from '../fields.ts'
import { duration, durationOr, matching, text, trueOrFalse, whole } from '../fields.ts'
import { foundAllowed, kindOf, showValue } from '../problem.ts'
import { key, partial, section } from '../section.ts'

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

/** The word that stands for null: the system chooses. */
const SYSTEM = 'system'

/** Why an address cannot be the source of a family's connections; undefined if it can. */
const sourceMistake = (written: string, family: Family): string | undefined => {
  const ip = parseIp(written)
  if (!ip) return ''
  if (ip.zone !== undefined) return ', which has a zone: use interface'
  const other = `bind${family === 4 ? 6 : 4}`
  if (unmapIp(ip) !== ip) return `, which is IPv4-mapped: bind4 takes ${formatIp(unmapIp(ip))}`
  if (ip.family !== family) return `, an IPv${ip.family} address, which ${other} takes`
  if (isSpecial('unspecified', ip)) return ', which names no address'
  if (isSpecial('multicast', ip)) return ', which is no address of one host'
  if (family === 6 && isSpecial('link-local', ip)) return ', a link-local address: use interface'
  return undefined
}

/** The source address of a family: canonical text, `none`, or null for the system's choice. */
const source = (family: Family): Field<string | null, ''> => {
  const allowed = `an IPv${family} address of this host, none, or ${SYSTEM}`
  const field = text(
    allowed,
    written => {
      if (written === SYSTEM) return null
      if (written === 'none') return written
      const mistake = sourceMistake(written, family)
      const ip = parseIp(written)
      if (mistake === undefined && ip) return formatIp(ip)
      const message = `found ${showValue(written)}${mistake}; allowed: ${allowed}`
      throw fail('ERR_INVALID_ADDRESS', message, { found: written })
    },
    value => value ?? SYSTEM,
  )
  const digits = family === 4 ? '[0-9.]+' : '[0-9A-Fa-f:.]+'
  return { ...field, jsonSchema: { type: 'string', pattern: `^(?:none|${SYSTEM}|${digits})$` } }
}

/** A text that matches a pattern, or `system`, which stands for null. */
const nameOrSystem = (allowed: string, pattern: RegExp): Field<string | null, ''> => ({
  ...text(
    `${allowed}, or ${SYSTEM}`,
    written => (written === SYSTEM ? null : matching(pattern, `${allowed}, or ${SYSTEM}`)(written)),
    value => value ?? SYSTEM,
  ),
  jsonSchema: { type: 'string', pattern: pattern.source },
})

/** IFNAMSIZ of netdevice(7), without the final null byte. */
const INTERFACE = 'the name of a network interface (15 characters at most)'

/** SO_MARK has 32 bits (socket(7)). */
const MARK_MAX = 4_294_967_295

const TOS = 'a multiple of 4 from 0 to 252'
const TOS_STEP = 4

/** The kernel ignores the two lowest bits, which belong to ECN (RFC 3168 section 5). */
const tos: Field<number, ''> = {
  ...whole(0, 252),
  range: TOS,
  jsonSchema: { type: 'integer', minimum: 0, maximum: 252, multipleOf: TOS_STEP },
  read: (written, path, report) => {
    const value = whole(0, 252).read(written, path, () => {})
    if (value !== undefined && value % TOS_STEP === 0) return value
    report({ path, what: 'value', message: foundAllowed(written, TOS) })
    return undefined
  },
}

const FAST_OPEN =
  'false: with Fast Open connect(2) succeeds before the target has answered, so a dead target would win the race'

/**
 * With TCP_FASTOPEN_CONNECT and a cookie (RFC 7413), connect(2) sends nothing and succeeds; the SYN leaves with
 * the first bytes. Those are the client's, which has mostly not sent any before it gets its reply.
 */
const fastOpen: Field<boolean, ''> = {
  ...trueOrFalse(),
  read: (written, path, report) => {
    if (written === false) return false
    report({ path, what: 'value', message: foundAllowed(written, FAST_OPEN) })
    return undefined
  },
  jsonSchema: { const: false },
}

/** The section `egress`. */
export const EGRESS = section({
  bind4: key(source(4), {
    default: SYSTEM,
    about:
      'Source address of IPv4 connections and DNS queries: an address of this host, `none` (IPv4 is not used), or `system`',
    more: 'Without the address attempts fail; no other address is used.',
    page: 'egress.md',
  }),
  bind6: key(source(6), { default: SYSTEM, about: 'The same for IPv6' }),
  interface: key(nameOrSystem(INTERFACE, /^(?!\.\.?$)[^\s/:%\0]{1,15}$/), {
    default: SYSTEM,
    about: 'Network interface of connections and DNS queries (SO_BINDTODEVICE)',
  }),
  mark: key(whole(0, MARK_MAX), {
    default: 0,
    about: 'Mark of the packets, for rules of routing and of the firewall (SO_MARK); 0: none',
    more: 'It needs the capability CAP_NET_ADMIN, or CAP_NET_RAW from Linux 5.17 on.',
  }),
  noDelay: key(trueOrFalse(), {
    default: true,
    about: 'Small writes to targets are sent at once (TCP_NODELAY)',
  }),
  keepAlive: key(keepAlive, {
    default: 'on',
    about: 'TCP keepalive of connections to clients and to targets: `on`, `off`, or its keys',
    more: 'It keeps NAT mappings, and finds peers that are gone.',
  }),
  userTimeout: key(durationOr('off'), {
    default: 'off',
    about:
      'Ends a connection to a target whose sent bytes stay unacknowledged for so long (TCP_USER_TIMEOUT)',
    more: '`off`: as the system is set, mostly some 15 minutes. It ends attempts too.',
  }),
  fastOpen: key(fastOpen, {
    default: false,
    about: 'TCP Fast Open (RFC 7413); only `false`',
    more: 'With it a race would be won before the target has answered.',
    page: 'egress.md#what-is-left-out',
  }),
  mptcp: key(trueOrFalse(), {
    default: false,
    about: 'Multipath TCP to targets that can do it (RFC 8684); TCP to others',
  }),
  congestion: key(nameOrSystem('the name of an algorithm such as bbr', /^[A-Za-z0-9_-]{1,15}$/), {
    default: SYSTEM,
    about: 'Congestion control algorithm of connections to targets (TCP_CONGESTION)',
  }),
  tos: key(tos, {
    default: 0,
    about: 'DSCP of packets to targets, times 4 (IP_TOS, IPV6_TCLASS)',
    more: '184 is expedited forwarding (RFC 3246).',
  }),
})

/** `egress` of a listener or an access rule: the keys that are given replace those of the daemon. */
export const EGRESS_OVERRIDE = partial(EGRESS)
