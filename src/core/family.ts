/** An address family, by the number that people use for it. */
export type Family = 4 | 6

/** The two DNS record types that carry addresses. */
export type RecordType = 'A' | 'AAAA'

/** The family of an address, by its text. */
export const familyOfAddress = (address: string): Family => (address.includes(':') ? 6 : 4)

/** The family whose addresses a record type carries. */
export const familyOf = (record: RecordType): Family => (record === 'AAAA' ? 6 : 4)
