/** Version byte at the start of a greeting, a request and every reply to them (RFC 1928 section 3). */
export const VERSION = 0x05

/** Version of the login subnegotiation, which differs from that of SOCKS (RFC 1929 section 2). */
export const LOGIN_VERSION = 0x01

/**
 * The supported authentication methods (RFC 1928 section 3). `none` means that no offered method is
 * acceptable.
 */
export const METHOD = { noLogin: 0x00, login: 0x02, none: 0xff } as const

/** A method in the server's reply to a greeting. */
export type Method = (typeof METHOD)[keyof typeof METHOD]

/** Status of a login; any value but `good` is a failure (RFC 1929 section 2). */
export const LOGIN_STATUS = { good: 0x00, bad: 0x01 } as const

/** Commands of a request (RFC 1928 section 4). */
export const COMMAND = { connect: 0x01, bind: 0x02, udpAssociate: 0x03 } as const

/** Types of the address that follows (RFC 1928 section 5). */
export const ADDRESS_TYPE = { ipv4: 0x01, domain: 0x03, ipv6: 0x04 } as const

/** Codes of the reply to a request (RFC 1928 section 6). */
export const REPLY = {
  succeeded: 0x00,
  generalFailure: 0x01,
  notAllowed: 0x02,
  networkUnreachable: 0x03,
  hostUnreachable: 0x04,
  refused: 0x05,
  /** The RFC calls it "TTL expired"; servers use it for a connection that timed out. */
  timedOut: 0x06,
  commandNotSupported: 0x07,
  addressTypeNotSupported: 0x08,
} as const

/** A reply code, 0 to 8. */
export type Reply = (typeof REPLY)[keyof typeof REPLY]

/**
 * The largest valid request in bytes: four fixed bytes, a length, a domain of 255, a port (RFC 1928 section
 * 4).
 */
export const REQUEST_MAX_BYTES = 4 + 1 + 255 + 2
