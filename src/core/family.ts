/** An address family, as the IP version number. */
export type Family = 4 | 6

/** The two DNS record types that carry addresses. */
export type RecordType = 'A' | 'AAAA'

/** The family of an address, given as text. */
export const familyOfAddress = (address: string): Family => (address.includes(':') ? 6 : 4)

/** The family whose addresses a record type carries. */
export const familyOf = (record: RecordType): Family => (record === 'AAAA' ? 6 : 4)
