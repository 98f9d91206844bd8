import type { Failure } from '../../core/fail.ts'
import type { HostPort } from '../../core/host-port.ts'
import type { Login, UncheckedLogin } from '../../core/login.ts'
import type { TargetKind } from '../target-host.ts'

/** A reply that reports a failure. */
export type FailureReply = Exclude<Reply, typeof REPLY.succeeded>

/**
 * An error of the decoders: a code `ERR_SOCKS_*`, the invalid byte or number, and the reply of RFC 1928 if
 * it concerns a request.
 */
export type SocksFault = Failure<{ readonly found: number; readonly reply?: FailureReply }>

/** How to refuse a client. */
export type Refusal = {
  /** The bytes to send before closing; may be empty. */
  readonly bytes: Uint8Array
  /**
   * protocol: not SOCKS. version: SOCKS, but not 5. auth: no common method, or an invalid login. limit
   * and banned: the login was not checked.
   */
  readonly reason: 'protocol' | 'version' | 'auth' | 'command' | 'address' | UncheckedLogin['code']
  /** The SOCKS reply code in `bytes`, if there is one. */
  readonly reply?: FailureReply
  /** A message for people: what was found and what is allowed. It never contains anything of a login. */
  readonly message: string
}

/** The server's next actions, in order. Connections may share the bytes to send: do not modify them. */
export type HandshakeOutput =
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  /** Verify this login and call `verified` once. */
  | { readonly type: 'verify'; readonly login: Login }
  /**
   * The handshake is complete: connect to the target and reply. An IP literal sent as a domain counts as an
   * address.
   */
  | { readonly type: 'request'; readonly target: HostPort; readonly kind: TargetKind }
  /** The handshake has failed: send the bytes, then close. */
  | ({ readonly type: 'refuse' } & Refusal)

/** What a handshake waits for; null once it is complete or refused. */
export type HandshakeStage = 'greeting' | 'login' | 'verification' | 'request' | null

/**
 * The server's side of one connection's handshake (RFC 1928 sections 3 and 4, RFC 1929), without I/O: it
 * takes bytes and returns actions. How the bytes were split makes no difference.
 */
export type Handshake = {
  /**
   * Takes bytes from the client, and ownership of the array. Bytes after the request are kept as early
   * data, bytes after a refusal are dropped. No input makes it throw.
   */
  readonly receive: (bytes: Uint8Array) => readonly HandshakeOutput[]
  /**
   * Reports whether the login of `verify` is valid.
   *
   * @param unchecked for an invalid login: why it was not checked, if it was not
   * @throws ERR_BUG if no verification is pending
   */
  readonly verified: (ok: boolean, unchecked?: UncheckedLogin) => readonly HandshakeOutput[]
  /**
   * True if the caller must stop reading: the handshake holds 64 KiB of early data, or, while a login is
   * verified, that and the size of the largest request. It never holds more than that limit and the array
   * that exceeded it.
   */
  readonly full: () => boolean
  /** Returns the bytes after the request once; empty afterwards, and before the request. */
  readonly rest: () => Uint8Array
  readonly stage: () => HandshakeStage
  /** True while a login is being verified and further bytes have arrived. */
  readonly pipelined: () => boolean
  /**
   * True while the client may only be checking whether a server listens: it has sent nothing, or one
   * complete greeting and nothing more. If it disconnects then, its log line has level debug.
   */
  readonly probe: () => boolean
}

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
