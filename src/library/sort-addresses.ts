import type { PolicyTableName } from '../eyeballs/order/policy-tables.ts'
import { POLICY_TABLES } from '../eyeballs/order/policy-tables.ts'
import type { Sortable } from '../eyeballs/order/read-destinations.ts'
import type { Source } from '../eyeballs/order/select-source.ts'
import { selectSource } from '../eyeballs/order/select-source.ts'
import { sortDestinations } from '../eyeballs/order/sort-destinations.ts'
import type { AddrInfo } from './addr-info.ts'
import { canonicalText } from './addr-info.ts'
import { checkFunction, checkObject, checkOneOf, invalidArgument } from './check-argument.ts'

export type { PolicyTableName }

/** An address to sort: a text, or an object with an address, such as an AddrInfo. */
export type SortableAddress = string | Pick<AddrInfo, 'address' | 'zone'>

/** A source address of this host: a text, or an object with more details. */
export type SourceOption = string | Source

export type SortAddressesOptions = {
  /**
   * The source addresses of this host. For each destination one is selected by RFC 6724 section 5, without
   * the rules that need the routing table. Unique local sources (fd00::/8) also make the `known-local` row
   * of the table `updated`.
   */
  readonly sources?: readonly SourceOption[] | undefined
  /**
   * Returns the source address for a destination, or null if there is no route; replaces the selection from
   * `sources`.
   */
  readonly sourceFor?: ((address: string) => SourceOption | null) | undefined
  /**
   * `rfc6724`: the table of RFC 6724 section 2.1. `updated`, the default: that of its revision,
   * draft-ietf-6man-rfc6724-update. `linux`: the table built into glibc.
   */
  readonly policyTable?: PolicyTableName | undefined
}

/** The fields of an unchecked object. */
type Fields = {
  readonly address?: unknown
  readonly zone?: unknown
  readonly prefixLength?: unknown
}

const fieldsOf = (found: unknown): Fields =>
  typeof found === 'object' ? (found ?? {}) : { address: found }

const toSource = (found: SourceOption, where: string): Source => {
  const address = canonicalText(fieldsOf(found).address, undefined, where)
  const { prefixLength } = fieldsOf(found)
  const bits = prefixLength === undefined ? 0 : prefixLength
  if (!Number.isInteger(bits) || (bits as number) < 0 || (bits as number) > 128) {
    const allowed = 'a whole number from 0 to 128'
    throw invalidArgument(`${where}.prefixLength`, prefixLength, allowed, 'number')
  }
  return typeof found === 'string' ? { address } : { ...found, address }
}

const textOf = (found: SortableAddress, i: number): string => {
  const { address, zone } = fieldsOf(found)
  return canonicalText(address, zone, `addresses[${i}]`)
}

/** How to find the source of each destination; undefined if no sources are known. */
const createSourceOf = (
  sources: readonly Source[] | undefined,
  sourceFor: SortAddressesOptions['sourceFor'],
  table: PolicyTableName,
): ((address: string) => Source | null) | undefined => {
  if (sourceFor) {
    return address => {
      const found = sourceFor(address)
      return found === null ? null : toSource(found, 'what options.sourceFor returned')
    }
  }
  return sources && (address => selectSource(address, sources, table))
}

const readSources = (sources: readonly SourceOption[] | undefined): Source[] | undefined => {
  if (sources === undefined) return undefined
  if (Array.isArray(sources)) {
    return sources.map((found: SourceOption, i) => toSource(found, `options.sources[${i}]`))
  }
  throw invalidArgument('options.sources', sources, 'a list of addresses')
}

/**
 * Sorts addresses by RFC 6724 section 6: rules 1 to 3, 5, 6, 8 and 9, rule 9 for IPv6 only; otherwise the
 * order stays. Rules 4 and 7 need what only the kernel knows. The host is not asked for anything: without
 * `sources` and `sourceFor`, only rules 6, 8 and 10 decide.
 *
 * @returns a new list of the same items
 * @throws ERR_INVALID_ARG
 */
export const sortAddresses = <A extends SortableAddress>(
  addresses: readonly A[],
  options: SortAddressesOptions = {},
): A[] => {
  if (!Array.isArray(addresses))
    throw invalidArgument('addresses', addresses, 'a list of addresses')
  checkObject(options, 'options')
  const { policyTable = 'updated', sourceFor } = options
  checkOneOf(policyTable, 'options.policyTable', POLICY_TABLES)
  checkFunction(sourceFor, 'options.sourceFor')
  const sources = readSources(options.sources)
  const sourceOf = createSourceOf(sources, sourceFor, policyTable)
  const candidates = addresses.map((item: A, i): Sortable & { readonly item: A } => {
    const address = textOf(item, i)
    if (!sourceOf) return { item, address }
    const source = sourceOf(address)
    return {
      item,
      address,
      source: source?.address ?? null,
      ...(source?.deprecated === true && { sourceDeprecated: true }),
      ...(source?.prefixLength !== undefined && { sourcePrefixLength: source.prefixLength }),
    }
  })
  const own = sources?.map(({ address }) => address)
  return sortDestinations(candidates, policyTable, own).map(({ item }) => item)
}
