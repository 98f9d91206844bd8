import { AF } from '../../../src/libc/constants.ts'

/** `struct sockaddr_in` of ip(7), for 127.0.0.1 or a number of 127.0.0.0/8. */
export const loopbackAddress = (port: number, host = 1): Uint8Array => {
  const bytes = Buffer.alloc(16)
  bytes.writeUInt16LE(AF.INET, 0)
  bytes.writeUInt16BE(port, 2)
  bytes.writeUInt32BE(0x7f000000 + host, 4)
  return bytes
}

/** `struct sockaddr_in6` of ipv6(7), for ::1. */
export const loopbackAddress6 = (port: number): Uint8Array => {
  const bytes = Buffer.alloc(28)
  bytes.writeUInt16LE(AF.INET6, 0)
  bytes.writeUInt16BE(port, 2)
  bytes[23] = 1
  return bytes
}
