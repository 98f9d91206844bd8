import type { z } from 'zod'
import { checkPassword, checkUserName } from '../../auth/users-file.ts'
import { parseCidr } from '../../core/cidr.ts'
import { fail } from '../../core/fail.ts'
import { parseHostPort } from '../../core/host-port.ts'
import {
  flag,
  list,
  mapping,
  matching,
  numberOrText,
  oneOf,
  oneOrMore,
  secret,
  section,
  text,
} from '../fields.ts'
import { parseListen } from '../listen-addresses.ts'
import { parseHost } from '../names.ts'
import { foundAllowed } from '../show-value.ts'

const LISTEN = 'host:port, [ipv6]:port in quotes, a port, or unix:/path'
const TARGET = 'host:port or [ipv6]:port in quotes'
const CIDR = 'an address or prefix such as 192.0.2.0/24 or 2001:db8::/32'
const NAME = '1 to 64 letters, digits, dots, - and _'
const MODE = 'octal permissions such as "0600", at most 0777'
const GROUP = "a group's name or number"

/** A prefix of client addresses. */
export const cidr = text(CIDR, value => {
  if (!parseCidr(value)) throw fail('ERR_INVALID_ADDRESS', foundAllowed(value, CIDR))
})

/** Reads permission bits: the digits are octal, whether written as text or as a number. */
export const parseMode = (value: string | number): number =>
  Number.parseInt(String(value).replace(/^0o/, ''), 8)

const target = text(TARGET, value => {
  const { host } = parseHostPort(value)
  parseHost(host)
})

/** `auth` of a listener. */
export const authSchema = section({
  users: mapping(
    text('a name of 1 to 255 bytes', checkUserName),
    secret('a password or $scrypt$ hash', checkPassword),
    'a mapping of names to passwords or $scrypt$ hashes',
  )
    .optional()
    .describe('Names, each with a $scrypt$ hash (see eyeballd hash-password) or a plain password.'),
  usersFile: secret('the path of a file', matching(/^[^\0]+$/, 'the path of a file'))
    .optional()
    .describe(
      'A file with one name:password a line, # comments. Relative to the folder of the configuration file.',
    ),
})

/** One entry of `listeners`. Checks of several keys together run separately. */
export const listenerSchema = section({
  name: text(NAME, matching(/^[A-Za-z0-9._-]{1,64}$/, NAME))
    .optional()
    .describe('Unique. Default: protocol-port, with -2, -3 where taken.'),
  protocol: oneOf(['socks', 'forward']).describe(
    'socks: SOCKS5. forward: every connection goes to target.',
  ),
  listen: oneOrMore(numberOrText(LISTEN, parseListen), LISTEN).describe(
    'host:port, [ipv6]:port, unix:/path, or a list of them. A port alone is on both loopback addresses, *:port on all addresses. Port 0 takes a free one.',
  ),
  mode: numberOrText(MODE, matching(/^(?:0o)?0*[0-7]{1,3}$/, MODE))
    .optional()
    .describe('Permissions of a UNIX socket, octal. Default: 0600.'),
  group: numberOrText(GROUP, matching(/^[A-Za-z0-9._-]{1,64}$/, GROUP))
    .optional()
    .describe("Group of a UNIX socket, by name or number. Default: the process's own."),
  target: oneOrMore(target, TARGET)
    .optional()
    .describe('Where a forward leads: host:port, or a list that is raced as one.'),
  auth: authSchema.optional().describe('When present, a client of a SOCKS listener must log in.'),
  clients: list(cidr, 'addresses and prefixes')
    .optional()
    .describe('Addresses and prefixes of clients that may connect. Default: all.'),
  open: flag(false).describe('Permits a listener beyond loopback with neither auth nor clients.'),
})

export type ListenerInput = z.output<typeof listenerSchema>
