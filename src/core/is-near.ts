/**
 * Whether a peer is certainly on this host: its address, in the system's spelling, is loopback, 127.0.0.0/8
 * (RFC 1122 section 3.2.1.3) or ::1 (RFC 4291 section 2.5.3).
 */
export const isNear = (address: string | undefined): boolean =>
  address !== undefined && (address === '::1' || address.startsWith('127.'))
