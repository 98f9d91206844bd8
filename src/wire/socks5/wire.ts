/** RFC 1928 section 3: the version byte that begins a greeting, a request and every answer to them. */
export const VERSION = 0x05

/** RFC 1929 section 2: the version of the login's own negotiation, which is not that of SOCKS. */
export const LOGIN_VERSION = 0x01

/** RFC 1928 section 3: the authentication methods that are spoken here. `none` says that no offered one is acceptable. */
export const METHOD = { noLogin: 0x00, login: 0x02, none: 0xff } as const

/** A method that the server may answer a greeting with. */
export type Method = (typeof METHOD)[keyof typeof METHOD]

/** RFC 1929 section 2: the status of a login; any value but `good` is a failure. */
export const LOGIN_STATUS = { good: 0x00, bad: 0x01 } as const

/** RFC 1928 section 4: the commands of a request. */
export const COMMAND = { connect: 0x01, bind: 0x02, udpAssociate: 0x03 } as const

/** RFC 1928 section 5: what kind of address follows. */
export const ADDRESS_TYPE = { ipv4: 0x01, domain: 0x03, ipv6: 0x04 } as const

/** RFC 1928 section 6: the answers to a request. */
export const REPLY = {
  succeeded: 0x00,
  generalFailure: 0x01,
  notAllowed: 0x02,
  networkUnreachable: 0x03,
  hostUnreachable: 0x04,
  refused: 0x05,
  /** "TTL expired" in the RFC's words; servers use it for a connection that timed out. */
  timedOut: 0x06,
  commandNotSupported: 0x07,
  addressTypeNotSupported: 0x08,
} as const

/** A reply code, 0 to 8. */
export type Reply = (typeof REPLY)[keyof typeof REPLY]

/** The largest legal request in bytes: four fixed ones, a length, a domain of 255, a port (RFC 1928 section 4). */
export const REQUEST_MAX_BYTES = 4 + 1 + 255 + 2
