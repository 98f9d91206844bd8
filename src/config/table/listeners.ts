import { checkPassword, checkUserName } from '../../auth/users-file.ts'
import { formatCidr, parseCidr, unmapCidr } from '../../core/cidr.ts'
import { fail } from '../../core/fail.ts'
import { parseHostPort } from '../../core/host-port.ts'
import type { HostPort } from '../../core/host-port.ts'
import { isMapping, list, mapping, oneOrMore } from '../collections.ts'
import type { Field } from '../fields.ts'
import { matching, numberOrText, oneOf, secret, text, trueOrFalse, whole } from '../fields.ts'
import { parseListen } from '../listen-addresses.ts'
import type { ListenText } from '../listen-addresses.ts'
import { parseHost } from '../names.ts'
import { key, optional, partial, required, section } from '../section.ts'
import { EGRESS } from './egress.ts'
import { foundAllowed } from '../problem.ts'

const LISTEN = 'host:port, [ipv6]:port in quotes, a port, unix:/path, or systemd:NAME'
const TARGET = 'host:port or [ipv6]:port in quotes'
const CIDR = 'an address or prefix such as 192.0.2.0/24 or 2001:db8::/32'
const NAME = '1 to 64 letters, digits, dots, - and _'
const MODE = 'octal permissions such as "0600", at most 0777'
const GROUP = "a group's name or number"

/** A prefix of client addresses, which are compared unmapped. */
export const cidr = text(
  CIDR,
  written => {
    const prefix = parseCidr(written)
    if (!prefix) throw fail('ERR_INVALID_ADDRESS', foundAllowed(written, CIDR))
    return unmapCidr(prefix)
  },
  formatCidr,
)

const checkMode = matching(/^(?:0o)?0*[0-7]{1,3}$/, MODE)

/** Reads permission bits: the digits are octal, whether written as text or as a number. */
export const parseMode = (written: string | number): number =>
  Number.parseInt(String(checkMode(written)).replace(/^0o/, ''), 8)

/** The versions of the PROXY protocol. */
const PROXY_VERSION: Field<1 | 2, ''> = whole(1, 2) as Field<1 | 2, ''>

const formatMode = (mode: number): string => mode.toString(8).padStart(4, '0')

const parseTarget = (written: string): HostPort => {
  const { host, port } = parseHostPort(written)
  return { host: parseHost(host), port }
}

const checkListen = (written: ListenText): ListenText => {
  parseListen(written)
  return written
}

const userName = text('a name of 1 to 255 bytes', name => {
  checkUserName(name)
  return name
})

const USERS = mapping(
  userName,
  secret('a password or $scrypt$ hash', checkPassword),
  'a mapping of names to passwords or $scrypt$ hashes',
)

/** What a hash leaves as a key if it stands inside `{ }` without quotes: YAML ends it at its commas. */
const HASH_REST = /^p=\d+\$/

const users: typeof USERS = {
  ...USERS,
  read: (written, path, report) => {
    if (!isMapping(written) || !Object.keys(written).some(name => HASH_REST.test(name))) {
      return USERS.read(written, path, report)
    }
    const message =
      'found a $scrypt$ hash that is broken at its commas; allowed: the hash in quotes'
    report({ path, what: 'value', message })
    return undefined
  },
}

const FILE_PATH = 'the path of a file'

/** Users may be written here by mistake, so no message shows a value of the wrong form. */
const usersFile: Field<string, ''> = {
  ...secret(FILE_PATH, matching(/^[^\0]+$/, FILE_PATH)),
  show: path => path,
}

/** `auth` of a listener. */
export const AUTH = section({
  users: optional(users, {
    about: 'Names, each with a password or its `$scrypt$` hash',
    more: 'Both have 1 to 255 bytes; `eyeballd hash-password` prints the hash.',
    example: '{ alice: "$scrypt$ln=14,r=8,p=1$..." }',
  }),
  usersFile: optional(usersFile, {
    about: 'A file with one `name:password` a line without spaces around them, `#` comments',
    more: "Its path is relative to the configuration file's folder. It is read again when it changes.",
    example: 'users.txt',
    page: 'signals.md#users-files',
  }),
  revoke: key(trueOrFalse(), {
    default: false,
    about: 'Ends the connections of a user that is removed, or whose password changes',
    page: 'security.md#a-user-that-is-removed',
  }),
})

/** `proxyProtocol` of a listener. */
const PROXY_PROTOCOL = section({
  from: required(oneOrMore(cidr, CIDR), {
    about: 'Addresses and prefixes of the load balancers',
    more: 'A UNIX socket counts as 127.0.0.1 and ::1.',
    example: '[192.0.2.7, 2001:db8::7]',
  }),
})

/** The key of a listener's `egress` that the daemon's does not have. */
const LISTENER_EGRESS_KEYS = {
  proxyProtocol: optional(PROXY_VERSION, {
    about:
      "Version of the PROXY protocol by which the target of a `forward` gets the client's address",
    otherwise: 'off',
    example: '2',
    page: 'protocols.md#proxy-protocol',
  }),
}

/** `egress` of a listener. The other keys are documented where the daemon's are. */
const LISTENER_EGRESS = {
  ...partial(section({ ...EGRESS.keys, ...LISTENER_EGRESS_KEYS })),
  keys: LISTENER_EGRESS_KEYS,
}

/** One entry of `listeners`. */
export const LISTENER = section({
  name: optional(text(NAME, matching(/^[A-Za-z0-9._-]{1,64}$/, NAME)), {
    about: `Unique; ${NAME}`,
    otherwise:
      'protocol-port (protocol-name for a UNIX socket or passed sockets), with -2, -3 where taken',
    example: 'mixed-1080',
  }),
  protocol: required(oneOf(['mixed', 'socks', 'http', 'forward']), {
    about:
      '`mixed`: SOCKS and HTTP on one port; `socks`: SOCKS4, 4a and 5; `http`: HTTP alone; `forward`: every ' +
      'connection goes to `target`',
    page: 'protocols.md',
  }),
  listen: required(oneOrMore(numberOrText(LISTEN, checkListen), LISTEN), {
    about:
      '`host:port`, `"[ipv6]:port"`, `unix:/absolute/path`, `systemd:NAME` (passed sockets), or a list of them',
    page: 'systemd.md',
    more:
      'A port alone is on both loopback addresses (as `localhost:port`), `"*:port"` on all; of these an address ' +
      'that the host does not have is skipped. Port 0 takes a free one, which the log names.',
    flag: {
      name: 'listen',
      alias: 'l',
      value: 'ADDR',
      about:
        'A SOCKS and HTTP listener: `127.0.0.1:1080`, `[::1]:1080`, `unix:/run/eyeballd.sock`; repeatable. ' +
        '`1080` and `:1080` are both loopback addresses, `*:1080` all addresses',
      default: '127.0.0.1:1080 and [::1]:1080',
    },
  }),
  mode: key(numberOrText(MODE, parseMode, formatMode), {
    default: '0600',
    about: 'Permissions of a UNIX socket, octal',
    example: '"0600"',
  }),
  group: optional(
    numberOrText(GROUP, written => String(matching(/^[A-Za-z0-9._-]{1,64}$/, GROUP)(written))),
    {
      about: 'Group of a UNIX socket, by name or number',
      otherwise: "the process's own",
      example: 'proxy',
    },
  ),
  target: optional(oneOrMore(text(TARGET, parseTarget), TARGET), {
    about: 'Where a `forward` leads: `host:port`, or a list that is raced as one',
    example: 'db.example.com:5432',
    flag: {
      name: 'forward',
      alias: 'L',
      value: '[BIND:]PORT:HOST:HOSTPORT',
      about:
        'A fixed forward, as `ssh -L` writes it; without BIND on both loopback addresses, on all ' +
        'addresses where it is `*` or empty; repeatable. ' +
        'With `-l` or `-L`, the listeners of the file are left out',
      default: 'none',
    },
  }),
  auth: optional(AUTH, {
    about: 'When present, a client that names its target must log in',
    more: 'SOCKS4 has no password, so its clients are refused then.',
  }),
  clients: optional(list(cidr, 'addresses and prefixes'), {
    about: 'Addresses and prefixes of clients that may connect',
    otherwise: 'all',
    more: 'Beyond loopback a listener needs `auth`, `clients` or `open: true`.',
    example: '[192.0.2.0/24, 2001:db8::/32]',
    flag: {
      name: 'clients',
      value: 'CIDR',
      about: 'Clients allowed on the listeners of `-l` and `-L`; repeatable',
      default: 'every client that can reach a loopback address',
    },
  }),
  open: key(trueOrFalse(), {
    default: false,
    about: 'Permits a listener beyond loopback with neither `auth` nor `clients`',
    flag: {
      name: 'open',
      about: 'Let any client use the listeners of `-l` and `-L`, also beyond loopback',
      default: 'off',
    },
  }),
  proxyProtocol: optional(PROXY_PROTOCOL, {
    about: 'Load balancers that tell the addresses of their clients by the PROXY protocol',
    more: 'Their connections must begin with a header of version 1 or 2; from all others none is read.',
    page: 'protocols.md#proxy-protocol',
  }),
  egress: optional(LISTENER_EGRESS, {
    about:
      'Keys of `egress` that replace those of the daemon, for this listener, and `proxyProtocol`',
    otherwise: "the daemon's",
    more: '`keepAlive` is that of its clients too.',
    example: '{ bind4: 192.0.2.7 }',
    page: 'egress.md',
  }),
})
