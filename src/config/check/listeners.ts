import { formatListenAddress } from '../../core/listen-address.ts'
import { isMapping } from '../collections.ts'
import { addressKey, isLoopback, parseListen } from '../listen-addresses.ts'
import type { Finding, KeyPath } from '../problem.ts'
import type { ValidPart } from '../section.ts'
import { validPart } from '../section.ts'
import { LISTENER } from '../table/listeners.ts'

type Given = Readonly<Record<string, unknown>>

type ValidListener = ValidPart<typeof LISTENER.keys>

const notWith = (key: string, message: string): Finding => ({ path: [key], what: 'key', message })

/** RFC 7617 section 2: a name with a colon cannot log in by HTTP, because the first colon ends it. */
const checkHttpUsers = (auth: unknown): readonly Finding[] => {
  if (!isMapping(auth) || !isMapping(auth.users)) return []
  const message =
    "found a colon in a user's name, with which nobody can log in by HTTP; allowed: no colon"
  return Object.keys(auth.users)
    .filter(name => name.includes(':'))
    .map(name => ({ path: ['auth', 'users', name], what: 'key', message }))
}

const checkProtocol = (
  given: Given,
  protocol: NonNullable<ValidListener['protocol']>,
): readonly Finding[] => {
  const findings: Finding[] = []
  if (protocol !== 'forward') {
    const why = `is not allowed with protocol ${protocol}, whose clients name the target`
    if ('target' in given) findings.push(notWith('target', why))
    if (isMapping(given.egress) && 'proxyProtocol' in given.egress) {
      findings.push(...under(['egress'], [notWith('proxyProtocol', why)]))
    }
    if (protocol === 'http') findings.push(...checkHttpUsers(given.auth))
    return findings
  }
  if (!('target' in given)) {
    const message = 'is missing; allowed: host:port or a list of them, which protocol forward needs'
    findings.push({ path: ['target'], what: 'value', message })
  }
  // A login that no client is asked for would give a false sense of security.
  if ('auth' in given) {
    const message =
      'is not allowed with protocol forward, which cannot ask for a login; use clients'
    findings.push(notWith('auth', message))
  }
  return findings
}

const checkReach = (given: Given, valid: ValidListener): readonly Finding[] => {
  const { listen, protocol } = valid
  if (listen === undefined) return []
  const addresses = parseListen(listen)
  const findings: Finding[] = []
  if (!addresses.some(({ type }) => type === 'unix')) {
    const message = 'is not allowed here: only a UNIX socket (unix:/path) has it'
    for (const key of ['mode', 'group']) if (key in given) findings.push(notWith(key, message))
  }
  const reachable = addresses.find(address => !isLoopback(address))
  const guarded = (protocol !== 'forward' && 'auth' in given) || 'clients' in given
  if (reachable && !guarded && valid.open !== true) {
    const auth = protocol === 'forward' ? '' : 'auth (clients log in), '
    const message =
      `found ${formatListenAddress(reachable)}, which others can reach, with nothing that says who may use it; ` +
      `allowed: a loopback address, or with it one of ${auth}clients (--clients: who may connect), ` +
      'open: true (--open: anybody may)'
    findings.push({ path: ['listen'], what: 'value', message })
  }
  return findings
}

/** Checks one listener beyond its single keys. Paths start at the listener. */
export const checkListener = (value: unknown): readonly Finding[] => {
  if (!isMapping(value)) return []
  const valid = validPart(LISTENER, value)
  const { protocol } = valid
  return [...(protocol ? checkProtocol(value, protocol) : []), ...checkReach(value, valid)]
}

/** Prefixes the findings of a part with the path of that part. */
export const under = (base: KeyPath, findings: readonly Finding[]): readonly Finding[] =>
  findings.map(finding => ({ ...finding, path: [...base, ...finding.path] }))

/** A listener as written, with its path: one may stand alone, without a list. */
type Written = { readonly value: unknown; readonly path: KeyPath }

/** The listeners in the value of `listeners`. */
export const listenersIn = (written: unknown): readonly Written[] =>
  Array.isArray(written)
    ? written.map((value: unknown, i) => ({ value, path: ['listeners', i] }))
    : [{ value: written, path: ['listeners'] }]

/** A listener's label in messages: its given name, or its index. */
export const listenerLabel = (
  listener: { readonly name?: string } | undefined,
  index: number,
): string =>
  listener?.name === undefined ? `listeners[${index}]` : `the listener "${listener.name}"`

type Checked = Written & { readonly valid: ValidListener }

const checkAddresses = (listeners: readonly Checked[]): readonly Finding[] => {
  const findings: Finding[] = []
  const takenBy = new Map<string, number>()
  for (const [i, { value, path, valid }] of listeners.entries()) {
    const isList = isMapping(value) && Array.isArray(value.listen)
    for (const [j, text] of (valid.listen ?? []).entries()) {
      for (const address of parseListen(text)) {
        const key = addressKey(address)
        if (key === undefined) continue
        const other = takenBy.get(key)
        takenBy.set(key, other ?? i)
        if (other === undefined) continue
        const message =
          `found ${formatListenAddress(address)} for the second time; ` +
          `${listenerLabel(listeners[other]?.valid, other)} has it already`
        findings.push({ path: [...path, 'listen', ...(isList ? [j] : [])], what: 'value', message })
      }
    }
  }
  return findings
}

const checkNames = (listeners: readonly Checked[]): readonly Finding[] => {
  const findings: Finding[] = []
  const names = new Set<string>()
  for (const { path, valid } of listeners) {
    const { name } = valid
    if (name === undefined) continue
    if (names.has(name)) {
      const message = `found "${name}" for the second time; names are unique`
      findings.push({ path: [...path, 'name'], what: 'value', message })
    }
    names.add(name)
  }
  return findings
}

/** Checks the listeners beyond their single keys, each alone and all together. */
export const checkListeners = (written: unknown): readonly Finding[] => {
  const listeners = listenersIn(written).map(({ value, path }) => ({
    value,
    path,
    valid: validPart(LISTENER, value),
  }))
  return [
    ...listeners.flatMap(({ value, path }) => under(path, checkListener(value))),
    ...checkNames(listeners),
    ...checkAddresses(listeners),
  ]
}
