import { fail } from '../../core/fail.ts'
import { list } from '../collections.ts'
import { oneOf, text } from '../fields.ts'
import { key, section } from '../section.ts'
import { foundAllowed } from '../problem.ts'
import { didYouMean } from '../suggest.ts'

/** All maskable fields of log lines, with nested fields; `[*]` means each item of a list. */
const LOG_FIELDS: readonly string[] = `
  event msg conn listener client user target outcome reason reply
  durationMs confirmedMs untried hidden bytesUp bytesDown engine
  winner winner.address winner.family winner.port winner.local winner.attempt
  dns dns[*] dns[*].type dns[*].host dns[*].startMs dns[*].endMs
  dns[*].records dns[*].code dns[*].ttl dns[*].source
  attempts attempts[*] attempts[*].n attempts[*].address attempts[*].family attempts[*].port
  attempts[*].demoted attempts[*].startMs attempts[*].endMs attempts[*].outcome attempts[*].code
  error error.code error.message
  protocol address connections workers maxConnections openFiles what code failures path maxBytes banMs
  method status
  file added removed changed sockets sockets[*]
  replaced lost restart restart[*] signal delayMs timeoutMs process restartMs lines
`
  .trim()
  .split(/\s+/)

/** What is allowed, for the message about a path that names nothing. */
const REDACT = 'a field of log lines, or its path such as winner.address (see docs/log.md)'

/** Normalizes a path: pino treats `a[*]` and `a.*` alike. */
const stepsOf = (path: string): readonly string[] => path.replaceAll('[*]', '.*').split('.')

const KNOWN_STEPS = LOG_FIELDS.map(stepsOf)

const namesAField = (path: string): boolean => {
  const steps = stepsOf(path)
  if (steps[0] === '*') return false
  return KNOWN_STEPS.some(
    known =>
      known.length === steps.length &&
      known.every((step, i) => steps[i] === step || steps[i] === '*'),
  )
}

/**
 * Checks one entry of `log.redact`: the path of a field that some log line has, in which `*` means any
 * field and `[*]` any item. A path that names no field would mask nothing.
 *
 * @throws ERR_CONFIG with what was found, what is allowed and the nearest field
 */
export const checkRedactPath = (path: string): string => {
  if (namesAField(path)) return path
  const inner = LOG_FIELDS.find(field => field.endsWith(`.${path.toLowerCase()}`))
  const near = inner === undefined ? didYouMean(path, LOG_FIELDS) : `; did you mean "${inner}"?`
  throw fail('ERR_CONFIG', `${foundAllowed(path, REDACT)}${near}`, { found: path })
}

/** The section `log`. */
export const LOG = section({
  level: key(oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']), {
    default: 'info',
    about:
      'The least that is logged: `trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`',
    flag: { name: 'log-level', value: 'LEVEL' },
  }),
  format: key(oneOf(['json', 'pretty', 'auto']), {
    default: 'auto',
    about: '`json`, `pretty`, or `auto`: pretty on a terminal',
    flag: { name: 'log-format', value: 'FORMAT' },
  }),
  races: key(oneOf(['all', 'failed', 'none']), {
    default: 'all',
    about: 'Which races are logged: `all`, `failed` or `none`',
  }),
  redact: key(list(text(REDACT, checkRedactPath), 'field names', 0), {
    default: [],
    about: 'Fields of log lines that are masked, wherever their values occur in the line',
    page: 'log.md#masking-fields',
    example: '[client, winner.address]',
  }),
})
