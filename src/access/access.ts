import type { Cidr } from '../core/cidr.ts'
import { cidrContains } from '../core/cidr.ts'
import type { HostPort } from '../core/host-port.ts'
import type { Ip } from '../core/ip.ts'
import { parseIp, unmapIp } from '../core/ip.ts'
import type { Denial, Judge } from '../core/judge.ts'
import type { DeniedKind } from '../core/special-addresses.ts'
import { deniedKind, isSpecial } from '../core/special-addresses.ts'
import type { JudgedAddress } from './judged-address.ts'
import { parseJudgedAddress } from './judged-address.ts'
import type { Access, AccessClient, AddressWord, FullNames, AccessRule } from './types.ts'

/** A rule with its targets sorted by what they look at. */
type CompiledRule = Omit<AccessRule, 'to'> & {
  /** What it says of a candidate, where it denies. */
  readonly denial: Denial
  /** True where the rule has no `to`: it matches every target, and names none. */
  readonly anywhere: boolean
  readonly names: ReadonlySet<string>
  readonly suffixes: readonly string[]
  readonly cidrs: readonly Cidr[]
  readonly words: readonly AddressWord[]
}

type Candidate = Parameters<Judge>[0]

const BUILT_IN: Denial = { code: 'ERR_ACCESS_DENIED' }
const LOOPBACKS: readonly Ip[] = ['127.0.0.1', '::1'].flatMap(text => parseIp(text) ?? [])

/** A prefix of mapped addresses is the IPv4 prefix it holds, as the addresses are. */
const unmapCidr = (cidr: Cidr): Cidr => {
  const ip = unmapIp(cidr.ip)
  return ip.family === cidr.ip.family || cidr.length < 96 ? cidr : { ip, length: cidr.length - 96 }
}

const compileRule = ({ to, clients, ...rule }: AccessRule, i: number): CompiledRule => {
  const targets = to ?? []
  return {
    ...rule,
    denial: { code: BUILT_IN.code, rule: i + 1 },
    clients: clients?.map(unmapCidr) ?? null,
    anywhere: to === null,
    names: new Set(targets.flatMap(target => (target.type === 'name' ? [target.name] : []))),
    suffixes: targets.flatMap(target => (target.type === 'suffix' ? [target.suffix] : [])),
    cidrs: targets.flatMap(target => (target.type === 'cidr' ? [unmapCidr(target.cidr)] : [])),
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
  const { ip } = client
  return ip ? holds(clients, ip) : LOOPBACKS.some(loopback => holds(clients, loopback))
}

const matchesName = (rule: CompiledRule, name: string): boolean =>
  rule.names.has(name) || rule.suffixes.some(suffix => name.endsWith(suffix))

const matchesAddress = (rule: CompiledRule, ip: Ip): boolean =>
  holds(rule.cidrs, ip) || rule.words.some(word => isSpecial(word, ip))

/** Whether an address, or a name that search domains may find, could make a rule match. */
const mayMatch = (rule: CompiledRule, host: string, fullNames: FullNames): boolean => {
  if (rule.cidrs.length + rule.words.length > 0) return true
  return fullNames(host)?.some(each => matchesName(rule, each)) ?? true
}

/** Names are compared without case, and without the dot that ends a fully qualified one. */
const normalise = (host: string): string => {
  const name = host.toLowerCase()
  return name.endsWith('.') ? name.slice(0, -1) : name
}

/** Whether an allow names what a built-in denial is about: a prefix that holds the address, or the very word. */
const overrides = (rule: CompiledRule, ip: Ip, kind: DeniedKind): boolean =>
  holds(rule.cidrs, ip) || rule.words.some(word => word === kind)

/** An address as it is judged, and the kind for which it may be denied. */
type ReadAddress = JudgedAddress & { readonly kind: DeniedKind | undefined }

/** How many addresses are kept as they were read; then it begins anew. */
const KNOWN_MAX = 1024

const readAddress = (text: string, embedded?: string): ReadAddress | undefined => {
  const judged = parseJudgedAddress(text, embedded)
  if (!judged) return undefined
  return { ...judged, kind: deniedKind(judged.ip) ?? (judged.also && deniedKind(judged.also)) }
}

const isLocalClient = ({ ip }: AccessClient): boolean => ip === null || isSpecial('loopback', ip)

/**
 * An answer of the name system is trusted less than what somebody wrote down: whoever owns the name
 * can point it at this host (DNS rebinding). A source that is not known counts as such an answer.
 */
const isAnswer = (source: string): boolean => source !== 'literal' && source !== 'hosts'

const isDeniedByDefault = (kind: DeniedKind, client: AccessClient, source: string): boolean =>
  !isLocalClient(client) || (kind !== 'multicast' && isAnswer(source))

/**
 * Makes the judge of a list of rules. The first rule that matches the name asked for, the fully qualified
 * name that was found for it, or the address decides; of names that may have been found only a denial takes
 * notice. Where no rule matches, the built-in denials, then allow. Only an allow by prefix or by the word
 * itself overrides a built-in denial: an allow by name, or one without `to`, leaves it in force, or
 * whoever owns the name could point it anywhere. Nothing here is slower than a few comparisons.
 */
export const compileAccess = (rules: readonly AccessRule[]): Access => {
  const compiled = rules.map(compileRule)
  const known = new Map<string, ReadAddress | undefined>()

  /** Addresses are judged once for each connection, and most of them are the same few. */
  const read = (address: string, embedded: string | undefined): ReadAddress | undefined => {
    if (embedded !== undefined) return readAddress(address, embedded)
    if (known.has(address)) return known.get(address)
    if (known.size >= KNOWN_MAX) known.clear()
    const judged = readAddress(address)
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
    beforeLookup: (client, { host, port }: HostPort, fullNames) => {
      const name = normalise(host)
      for (const rule of compiled) {
        if (!concerns(rule, client, port)) continue
        const named = rule.anywhere || matchesName(rule, name)
        if (rule.action === 'deny' && named) return rule.denial
        // A deny that only a lookup could show to match is passed over: what follows denies as well, or looks up.
        if (rule.action === 'allow' && (named || mayMatch(rule, host, fullNames))) return
      }
      return undefined
    },
    judge: (client, candidate) => {
      const { address, source, embedded } = candidate
      const judged = read(address, embedded)
      // What cannot be read cannot be judged.
      if (!judged) return BUILT_IN
      const rule = compiled.length === 0 ? undefined : decide(client, candidate, judged)
      if (rule?.action === 'deny') return rule.denial
      const { kind } = judged
      if (!kind || !isDeniedByDefault(kind, client, source)) return undefined
      return rule && overrides(rule, judged.ip, kind) ? undefined : BUILT_IN
    },
  }
}
