import { closeSync, openSync, read, write } from 'node:fs'
import koffi from 'koffi'
import { parseIp } from '../../src/core/ip.ts'
import type { Owner } from '../../test/fixtures/children.ts'
import { run } from '../../test/fixtures/namespaces.ts'

/** How far away an address is; null: what goes there is lost. */
export type Distance = { readonly address: string; readonly roundTripMs: number | null }

const TUNSETIFF = 0x40_04_54_ca
const IFF_TUN = 0x0001
const IFF_NO_PI = 0x1000
/** struct ifreq of linux/if.h, whose name has 16 bytes. */
const IFREQ_BYTES = 40
const IFNAME_BYTES = 16

const PACKET_MAX = 65_536

type Ioctl = (fd: number, request: number, argument: Uint8Array) => number

/** Makes a network device whose packets are read from and written to the descriptor. */
const openTun = (name: string): number => {
  const ioctl = koffi.load('libc.so.6').func('int ioctl(int, unsigned long, void *)') as Ioctl
  const fd = openSync('/dev/net/tun', 'r+')
  const request = Buffer.alloc(IFREQ_BYTES)
  request.write(name)
  request.writeUInt16LE(IFF_TUN | IFF_NO_PI, IFNAME_BYTES)
  if (ioctl(fd, TUNSETIFF, request) !== 0) throw new Error(`there can be no device ${name}`)
  return fd
}

/** Source and destination of a packet, as hexadecimal digits. */
const endsOf = (packet: Buffer): readonly [string, string] => {
  const [start, size] = packet.readUInt8(0) >> 4 === 6 ? [8, 16] : [12, 4]
  const hex = packet.toString('hex', start, start + 2 * size)
  return [hex.slice(0, 2 * size), hex.slice(2 * size)]
}

/**
 * A cable between two network namespaces, on which each address has a distance of its own. The kernel's netem
 * would do that, but not every kernel has it.
 *
 * @param suffix of the devices' names, `NAME-a` and `NAME-b`
 * @returns the names of the devices, which are up
 */
export const makeSlowCable = (
  t: Owner,
  name: string,
  namespaces: readonly [string, string],
  distances: readonly Distance[],
): readonly [string, string] => {
  const known = new Map(
    distances.map(({ address, roundTripMs }) => [
      Buffer.from(parseIp(address)?.bytes ?? []).toString('hex'),
      roundTripMs,
    ]),
  )
  const roundTripOf = (packet: Buffer): number | null => {
    const found = endsOf(packet).find(end => known.has(end))
    return found === undefined ? 0 : (known.get(found) ?? null)
  }

  const devices = [`${name}-a`, `${name}-b`] as const
  const [a, b] = devices.map(openTun) as [number, number]
  const forward = (from: number, to: number): void => {
    const buffer = Buffer.alloc(PACKET_MAX)
    read(from, buffer, 0, PACKET_MAX, null, (error, length) => {
      // The device is gone.
      if (error) return closeSync(from)
      const packet = Buffer.from(buffer.subarray(0, length))
      const roundTripMs = roundTripOf(packet)
      if (roundTripMs !== null) setTimeout(() => write(to, packet, () => {}), roundTripMs / 2)
      forward(from, to)
    })
  }
  for (const [i, device] of devices.entries()) {
    run(`ip link set ${device} netns ${namespaces[i]}`)
    run(`ip -n ${namespaces[i]} link set ${device} up`)
    t.teardown(() => run(`ip -n ${namespaces[i]} link del ${device}`))
  }
  forward(a, b)
  forward(b, a)
  return devices
}
