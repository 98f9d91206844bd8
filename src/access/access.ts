import type { Cidr } from '../core/cidr.ts'
import { cidrContains, containsPeer } from '../core/cidr.ts'
import { changesPath } from '../core/egress.ts'
import type { HostPort } from '../core/host-port.ts'
import type { Ip, ReadIp } from '../core/ip.ts'
import type { Denial, Judge, Permit } from '../core/judge.ts'
import type { DeniedKind } from '../core/special-addresses.ts'
import { deniedKind, isSpecial } from '../core/special-addresses.ts'
import { hasForeignLoopback } from './foreign-loopback.ts'
import type { JudgedAddress } from './judged-address.ts'
import { parseJudgedAddress } from './judged-address.ts'
import type { Access, AccessClient, AddressWord, FullNames, AccessRule } from './types.ts'

/** A rule whose targets are grouped by type. */
type CompiledRule = Omit<AccessRule, 'to' | 'egress'> & {
  /** What an allow rule with an egress of its own returns. */
  readonly permit: Permit | undefined
  /** The denial that the rule returns for a candidate; only a deny rule uses it. */
  readonly denial: Denial
  /** True if the rule has no `to`: it matches every target, and does not count as naming one. */
  readonly anywhere: boolean
  readonly names: ReadonlySet<string>
  readonly suffixes: readonly string[]
  readonly cidrs: readonly Cidr[]
  readonly words: readonly AddressWord[]
}

type Candidate = Parameters<Judge>[0]

const BUILT_IN: Denial = { code: 'ERR_ACCESS_DENIED' }

const compileRule = ({ to, egress, ...rule }: AccessRule, i: number): CompiledRule => {
  const targets = to ?? []
  return {
    ...rule,
    denial: { code: BUILT_IN.code, rule: i + 1 },
    permit: egress ? { egress } : undefined,
    anywhere: to === null,
    names: new Set(targets.flatMap(target => (target.type === 'name' ? [target.name] : []))),
    suffixes: targets.flatMap(target => (target.type === 'suffix' ? [target.suffix] : [])),
    cidrs: targets.flatMap(target => (target.type === 'cidr' ? [target.cidr] : [])),
    words: targets.flatMap(target => (target.type === 'word' ? [target.word] : [])),
  }
}

const holds = (cidrs: readonly Cidr[], ip: Ip): boolean =>
  cidrs.some(cidr => cidrContains(cidr, ip))

const concerns = (rule: CompiledRule, client: AccessClient, port: number): boolean => {
  const { clients, users, ports } = rule
  if (ports && !ports.some(({ first, last }) => port >= first && port <= last)) return false
  if (users && (client.user === null || !users.includes(client.user))) return false
  if (!clients) return true
  // A deny rule must not be escaped by a header, nor an allow rule gained by one.
  if (rule.action === 'allow' && hasForeignLoopback(client)) return false
  return containsPeer(clients, client.ip)
}

const matchesName = (rule: CompiledRule, name: string): boolean =>
  rule.names.has(name) || rule.suffixes.some(suffix => name.endsWith(suffix))

const matchesAddress = (rule: CompiledRule, ip: Ip): boolean =>
  holds(rule.cidrs, ip) || rule.words.some(word => isSpecial(word, ip))

/** Whether the rule could match an address that a lookup finds, or a name that search domains produce. */
const mayMatch = (rule: CompiledRule, host: string, fullNames: FullNames): boolean => {
  if (rule.cidrs.length + rule.words.length > 0) return true
  return fullNames(host)?.some(each => matchesName(rule, each)) ?? true
}

/** Names are compared in lower case and without the final dot of a fully qualified name. */
const normalise = (host: string): string => {
  const name = host.toLowerCase()
  return name.endsWith('.') ? name.slice(0, -1) : name
}

/**
 * Whether an allow rule names the reason for a built-in denial: a prefix that holds the address, or the
 * same word.
 */
const overrides = (rule: CompiledRule, ip: Ip, kind: DeniedKind): boolean =>
  holds(rule.cidrs, ip) || rule.words.some(word => word === kind)

/** A parsed address, and the kind of special address for which a built-in denial may refuse it. */
type ReadAddress = JudgedAddress & { readonly kind: DeniedKind | undefined }

/** Maximum number of parsed addresses in the cache; a full cache is emptied. */
const KNOWN_MAX = 1024

const readAddress = (
  text: string,
  embedded: string | undefined,
  readIp: ReadIp | undefined,
): ReadAddress | undefined => {
  const judged = parseJudgedAddress(text, embedded, readIp)
  if (!judged) return undefined
  return { ...judged, kind: deniedKind(judged.ip) ?? (judged.also && deniedKind(judged.also)) }
}

/**
 * A DNS answer is trusted less than an address that the client or a hosts file gives: the owner of the name
 * can point it at this host (DNS rebinding). An unknown source is treated as a DNS answer.
 */
const isAnswer = (source: string): boolean => source !== 'literal' && source !== 'hosts'

const isDeniedByDefault = (kind: DeniedKind, client: AccessClient, source: string): boolean =>
  !client.isLocal || (kind !== 'multicast' && isAnswer(source))

/**
 * Compiles a list of rules. The first matching rule decides. A rule matches by the requested name, by the
 * fully qualified name found for it, or by the address; `possibleNames` are compared with deny rules only.
 * If no rule matches, the built-in denials apply, then allow. Only an allow by prefix or by the word itself
 * overrides a built-in denial: with an allow by name, or without `to`, the owner of the name could point it
 * anywhere.
 */
export const compileAccess = (rules: readonly AccessRule[]): Access => {
  const compiled = rules.map(compileRule)
  const known = new Map<string, ReadAddress | undefined>()

  /** Parses an address. Every connection needs this, and most addresses repeat, so results are cached. */
  const read = (
    address: string,
    embedded: string | undefined,
    readIp: ReadIp | undefined,
  ): ReadAddress | undefined => {
    if (embedded !== undefined) return readAddress(address, embedded, readIp)
    if (known.has(address)) return known.get(address)
    if (known.size >= KNOWN_MAX) known.clear()
    const judged = readAddress(address, undefined, readIp)
    known.set(address, judged)
    return judged
  }

  const decide = (
    client: AccessClient,
    { host, fullName, possibleNames, port }: Candidate,
    { ip, also }: JudgedAddress,
  ): CompiledRule | undefined => {
    const name = normalise(host)
    return compiled.find(
      rule =>
        concerns(rule, client, port) &&
        (rule.anywhere ||
          matchesName(rule, name) ||
          (fullName !== undefined && matchesName(rule, fullName)) ||
          matchesAddress(rule, ip) ||
          (rule.action === 'deny' &&
            ((also !== undefined && matchesAddress(rule, also)) ||
              possibleNames?.some(each => matchesName(rule, each)) === true))),
    )
  }

  return {
    hasPaths: rules.some(
      ({ egress }) => egress && (changesPath(egress, 4) || changesPath(egress, 6)),
    ),
    beforeLookup: (client, { host, port }: HostPort, fullNames) => {
      const name = normalise(host)
      for (const rule of compiled) {
        if (!concerns(rule, client, port)) continue
        const named = rule.anywhere || matchesName(rule, name)
        if (rule.action === 'deny' && named) return rule.denial
        // A deny that only a lookup can decide is skipped: a later rule denies too, or permits the lookup.
        if (rule.action === 'allow' && (named || mayMatch(rule, host, fullNames))) return
      }
      return undefined
    },
    judge: (client, candidate, readIp) => {
      const { address, source, embedded } = candidate
      const judged = read(address, embedded, readIp)
      // An address that cannot be parsed cannot be checked, so it is denied.
      if (!judged) return BUILT_IN
      const rule = compiled.length === 0 ? undefined : decide(client, candidate, judged)
      if (rule?.action === 'deny') return rule.denial
      const { kind } = judged
      if (!kind || !isDeniedByDefault(kind, client, source)) return rule?.permit
      return rule && overrides(rule, judged.ip, kind) ? rule.permit : BUILT_IN
    },
  }
}
