import type { Failure } from '../../core/fail.ts'
import type { HostPort } from '../../core/host-port.ts'
import type { Login } from '../../core/login.ts'
import type { REPLY, Reply } from './wire.ts'

/** A reply that says no. */
export type FailureReply = Exclude<Reply, typeof REPLY.succeeded>

/** What the decoders throw: a code `ERR_SOCKS_*`, the byte or number at fault, and RFC 1928's reply where a request has one. */
export type SocksFault = Failure<{ readonly found: number; readonly reply?: FailureReply }>

/** What the host of a request is. */
export type TargetKind = 'ipv4' | 'ipv6' | 'domain'

/** How a client is turned away. */
export type Refusal = {
  /** What to send before closing; may be empty. */
  readonly bytes: Uint8Array
  /** protocol: not SOCKS at all. version: SOCKS, but not 5. auth: no common method, or a bad login. limit: a login that was not checked. */
  readonly reason: 'protocol' | 'version' | 'auth' | 'command' | 'address' | 'limit'
  /** The SOCKS reply among the bytes, where one is. */
  readonly reply?: FailureReply
  /** For people: what was found and what is allowed. Never holds anything of a login. */
  readonly message: string
}

/** What the server has to do next, in this order. Bytes to send may be shared by connections: they are not to be written to. */
export type HandshakeOutput =
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  /** Check this login and call `verified` once. */
  | { readonly type: 'verify'; readonly login: Login }
  /** The handshake is done: dial the target and reply. A literal sent as a domain counts as the address that it is. */
  | { readonly type: 'request'; readonly target: HostPort; readonly kind: TargetKind }
  /** The handshake has failed: send the bytes, then close. */
  | ({ readonly type: 'refuse' } & Refusal)

/** What a handshake waits for; null where it is over. */
export type HandshakeStage = 'greeting' | 'login' | 'verification' | 'request' | null

/**
 * The server's side of one connection's handshake (RFC 1928 sections 3 and 4, RFC 1929), without any
 * I/O: bytes go in, what to do comes out. How the bytes were cut makes no difference.
 */
export type Handshake = {
  /**
   * Takes bytes from the client; the array is the handshake's from now on. After the request they are
   * kept as early data, after a refusal dropped. Nothing that a client can send makes it throw.
   */
  readonly receive: (bytes: Uint8Array) => readonly HandshakeOutput[]
  /**
   * Says whether the login given by `verify` is good.
   *
   * @param unchecked of one that is not: why it was not checked, where it was not
   * @throws ERR_BUG where no verification is pending
   */
  readonly verified: (ok: boolean, unchecked?: string) => readonly HandshakeOutput[]
  /**
   * True where the caller must stop reading: 64 KiB of early data are held, or, while a login is
   * verified, that and the largest request. More is never held than that and the one array that went
   * beyond it.
   */
  readonly full: () => boolean
  /** The bytes behind the request, given out once: empty afterwards, and before the request. */
  readonly rest: () => Uint8Array
  readonly stage: () => HandshakeStage
  /** True while a login is verified and more has come behind it. */
  readonly pipelined: () => boolean
  /**
   * True while the client may only look whether a server is there: it has sent nothing, or a whole
   * greeting and nothing more. If it leaves then, its line has the level debug.
   */
  readonly probe: () => boolean
}
