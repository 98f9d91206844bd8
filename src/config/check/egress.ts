import { NATIVE_OPTIONS, PLAIN_EGRESS } from '../../core/egress.ts'
import { familyOfAddress } from '../../core/ip.ts'
import { isMapping } from '../collections.ts'
import type { Finding, KeyPath } from '../problem.ts'
import { validPart } from '../section.ts'
import { ACCESS_RULE } from '../table/access.ts'
import { PIPE } from '../table/connections.ts'
import { EGRESS } from '../table/egress.ts'
import { RESOLVER } from '../table/resolver.ts'

type Given = Readonly<Record<string, unknown>>

/** An `egress` as written, with its path. */
type Written = {
  readonly own: Given
  /** What it leaves in force of the daemon's keys and, if it is of an access rule, of each listener's. */
  readonly joined: readonly Given[]
  readonly path: KeyPath
  /** Names are looked up by its path too. */
  readonly hasLookups: boolean
}

const PATH_KEYS = ['bind4', 'bind6', 'interface', 'mark'] as const
const BINDS = ['bind4', 'bind6'] as const

/** The items of a list, of which one may stand alone. */
const itemsIn = (name: string, written: unknown): readonly (readonly [unknown, KeyPath])[] =>
  Array.isArray(written)
    ? written.map((value: unknown, i) => [value, [name, i]])
    : [[written, [name]]]

const join = (base: Given, own: Given | undefined): Given => ({ ...base, ...own })

const egressOf = (item: unknown): Given | undefined => {
  const egress = isMapping(item) ? item.egress : undefined
  return isMapping(egress) ? egress : undefined
}

/** @param bases what the keys of each may be joined with */
const egressIn = (
  name: string,
  written: unknown,
  bases: readonly Given[],
  hasLookups: boolean,
): readonly Written[] =>
  itemsIn(name, written).flatMap(([item, path]) => {
    const own = egressOf(item)
    if (!own) return []
    const joined = bases.map(base => join(base, own))
    return [{ own, joined, path: [...path, 'egress'], hasLookups }]
  })

const checkFamilies = (
  { own, joined, path, hasLookups }: Written,
  resolver: unknown,
): readonly Finding[] => {
  const valid = validPart(EGRESS, own)
  const { ipv4, ipv6, servers } = validPart(RESOLVER, resolver)
  const key = BINDS.findLast(each => valid[each] === 'none')
  // What is not written here is reported where it is written.
  if (key === undefined) return []
  const [family, other, isLookedUp] =
    key === 'bind4' ? [4, 'bind6' as const, ipv6] : [6, 'bind4' as const, ipv4]
  const found = (message: string): readonly Finding[] => [
    { path: [...path, key], what: 'value', message: `found none, ${message}` },
  ]
  // A rule may be meant for the clients of one listener.
  if (joined.every(each => validPart(EGRESS, each)[other] === 'none')) {
    return found(`as for ${other}; allowed: none for one family`)
  }
  if (!hasLookups) return []
  if (isLookedUp === false) {
    return found(
      `and resolver.${key === 'bind4' ? 'ipv6' : 'ipv4'} is false; allowed: a family that is used`,
    )
  }
  if (servers?.every(({ host }) => familyOfAddress(host) === family) !== true) return []
  return found(
    `and all of resolver.servers are IPv${family} addresses; allowed: a server of the other family`,
  )
}

/** getaddrinfo(3) sends from sockets of its own, or asks another process. */
const checkSystem = ({ own, path, hasLookups }: Written, resolver: unknown): readonly Finding[] => {
  const { mode } = validPart(RESOLVER, resolver)
  if (mode !== 'system' || !hasLookups) return []
  const valid = validPart(EGRESS, own)
  const message =
    'is not allowed with resolver.mode system, in which the C library chooses how its queries leave; allowed: mode dns'
  return PATH_KEYS.filter(key => valid[key] !== undefined && valid[key] !== 0).map(key => ({
    path: [...path, key],
    what: 'key',
    message,
  }))
}

/** What only this host decides (a capability, the kernel) is found when the daemon starts. */
const checkStream = ({ own, path }: Written, pipe: unknown): readonly Finding[] => {
  const { engine } = validPart(PIPE, pipe)
  if (engine !== 'stream') return []
  const valid = validPart(EGRESS, own)
  const message =
    "is not allowed with pipe.engine stream: Node's sockets do not have it; allowed: splice, auto"
  return NATIVE_OPTIONS.filter(
    key => valid[key] !== undefined && valid[key] !== PLAIN_EGRESS[key],
  ).map(key => ({ path: [...path, key.replace(/Ms$/, '')], what: 'key', message }))
}

const checkDenials = (access: unknown): readonly Finding[] =>
  itemsIn('access', access).flatMap(([rule, path]) => {
    const { action } = validPart(ACCESS_RULE, rule)
    if (action !== 'deny' || !isMapping(rule) || !('egress' in rule)) return []
    const message = 'is not allowed with action deny, which makes no connection'
    return [{ path: [...path, 'egress'], what: 'key', message }]
  })

/** Checks each `egress` with the keys that it leaves as they are, with the resolver and with the engine. */
export const checkEgress = (given: Given): readonly Finding[] => {
  const { egress, listeners, access, resolver, pipe } = given
  const base = isMapping(egress) ? egress : {}
  const ofListeners = itemsIn('listeners', listeners).map(([item]) => join(base, egressOf(item)))
  const inForce = ofListeners.length > 0 ? ofListeners : [base]
  const all: readonly Written[] = [
    { own: base, joined: [base], path: ['egress'], hasLookups: true },
    ...egressIn('listeners', listeners, [base], true),
    ...egressIn('access', access, inForce, false),
  ]
  return [
    ...all.flatMap(each => checkFamilies(each, resolver)),
    ...all.flatMap(each => checkSystem(each, resolver)),
    ...all.flatMap(each => checkStream(each, pipe)),
    ...checkDenials(access),
  ]
}
