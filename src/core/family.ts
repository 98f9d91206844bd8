/** An address family, by the number that people use for it. */
export type Family = 4 | 6

/** The two DNS record types that carry addresses. */
export type RecordType = 'A' | 'AAAA'

/** The family whose addresses a record type carries. */
export const familyOf = (record: RecordType): Family => (record === 'AAAA' ? 6 : 4)
