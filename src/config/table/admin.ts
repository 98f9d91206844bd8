import { HIDDEN_PASSWORD } from '../../auth/users-file.ts'
import { BEARER_TOKEN, isBearerToken } from '../../core/bearer-token.ts'
import { fail } from '../../core/fail.ts'
import { matching, numberOrText, secret, text, whole } from '../fields.ts'
import { parseListen } from '../listen-addresses.ts'
import type { ListenText } from '../listen-addresses.ts'
import { key, optional, section } from '../section.ts'

const LISTEN = 'off, host:port, [ipv6]:port in quotes, a port, unix:/path, or systemd:NAME'

const FILE_PATH = 'the path of a file'

/** Each takes 1 kB of memory or more. */
const RACES_MAX = 10_000

/** @throws ERR_CONFIG for a text that is no token, without showing it */
export const checkToken = (value: string): void => {
  if (value === HIDDEN_PASSWORD) {
    throw fail(
      'ERR_CONFIG',
      `found ${HIDDEN_PASSWORD}, which stands for a token where a configuration is shown; allowed: the token`,
    )
  }
  if (!isBearerToken(value))
    throw fail('ERR_CONFIG', `found a text of another form; allowed: ${BEARER_TOKEN}`)
}

const checkListen = (written: ListenText): ListenText => {
  if (written !== 'off') parseListen(written)
  return written
}

/** The section `admin`: the HTTP endpoint. */
export const ADMIN = section({
  listen: key(numberOrText(LISTEN, checkListen), {
    default: 'off',
    about:
      '`off`, `host:port`, `"[ipv6]:port"`, a port of both loopback addresses, `unix:/absolute/path`, or `systemd:NAME`',
    more: 'A UNIX socket has mode 0600.',
    page: 'admin.md',
    flag: {
      name: 'admin',
      value: 'ADDR',
      about:
        'HTTP endpoint: health, metrics, dashboard. `host:port`, `[ipv6]:port`, a port of both loopback addresses, ' +
        'or `unix:/absolute/path`',
      default: 'admin.listen of the file, else off',
    },
  }),
  token: optional(secret(BEARER_TOKEN, checkToken), {
    about: 'Bearer token of those who ask',
    more: 'Needed where `listen` is neither on loopback nor a UNIX socket. /healthz, /readyz and the files of the dashboard need none.',
    example: 'SECRET',
  }),
  tokenFile: optional(text(FILE_PATH, matching(/^[^\0]+$/, FILE_PATH)), {
    about: 'A file that holds the token alone, in place of `token`',
    more: "Its path is relative to the configuration file's folder. A reload reads it again.",
    example: '/run/credentials/eyeballd.service/token',
    page: 'systemd.md#secrets',
  }),
  raceHistory: key(whole(0, RACES_MAX), {
    default: 200,
    about: 'How many finished races the endpoint keeps, in memory',
    more: '0 keeps none: /races is then empty, and /races/stream silent.',
  }),
})
