import { fail } from '../core/fail.ts'
import { foundAllowed } from './show-value.ts'
import { didYouMean } from './suggest.ts'

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
  protocol address connections workers maxConnections openFiles what code failures path maxBytes
  replaced lost restart restart[*] signal timeoutMs process restartMs lines
`
  .trim()
  .split(/\s+/)

/** What is allowed, for the message about a path that names nothing. */
export const REDACT = 'a field of log lines, or its path such as winner.address (see docs/log.md)'

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
export const checkRedactPath = (path: string): void => {
  if (namesAField(path)) return
  const inner = LOG_FIELDS.find(field => field.endsWith(`.${path.toLowerCase()}`))
  const near = inner === undefined ? didYouMean(path, LOG_FIELDS) : `; did you mean "${inner}"?`
  throw fail('ERR_CONFIG', `${foundAllowed(path, REDACT)}${near}`, { found: path })
}
