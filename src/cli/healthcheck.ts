import { createByteReader } from '../core/byte-reader.ts'
import { codeOf, fail } from '../core/fail.ts'
import { formatHostPort } from '../core/host-port.ts'
import type { SocketAddress } from '../core/listen-address.ts'
import { formatListenAddress } from '../core/listen-address.ts'
import { decodeMethodSelection } from '../wire/socks5/decode.ts'
import { encodeGreeting } from '../wire/socks5/encode.ts'
import { EXIT_DONE, EXIT_FAILED, textOf } from './command.ts'
import type { Written } from './daemon-address.ts'
import { adminWritten, daemonAddresses } from './daemon-address.ts'
import type { Arguments, CliIo } from './types.ts'

/** The parts of the environment that the command needs: few, because it runs every few seconds. */
export type HealthIo = Pick<CliIo, 'env' | 'exchange' | 'readFile' | 'stdout' | 'stderr'>

/** The address to check, and how to check it. */
type Check = Written & { readonly how: 'admin' | 'proxy' }

const DEFAULT_PROXY = '127.0.0.1:1080'
const LIMIT_MS = 2000

/** The version and the chosen method, which may be "no acceptable methods" (RFC 1928 section 3). */
const GREETED_BYTES = 2

/** `HTTP/1.1 200`: the status line up to the status code (RFC 9112 section 4). */
const STATUS_BYTES = 12

const checkOf = async (args: Arguments, io: HealthIo): Promise<Check> => {
  const admin = textOf(args, 'admin')
  const proxy = textOf(args, 'proxy')
  if (admin !== undefined && proxy !== undefined)
    throw fail('ERR_CONFIG', '--proxy: found --admin beside it; allowed: one of the two')
  if (admin !== undefined) return { how: 'admin', text: admin, where: '--admin' }
  if (proxy !== undefined) return { how: 'proxy', text: proxy, where: '--proxy' }
  const written = await adminWritten(args, io)
  if (written) return { how: 'admin', ...written }
  const text = io.env.EYEBALLD_PROXY?.trim() || DEFAULT_PROXY
  return { how: 'proxy', text, where: 'EYEBALLD_PROXY' }
}

/** Whether an answer can only come from a SOCKS5 server, whatever method it chose. */
const isSocks5 = (answer: Uint8Array): boolean => {
  const reader = createByteReader()
  reader.append(answer)
  try {
    return decodeMethodSelection(reader) !== undefined
  } catch {
    return false
  }
}

const greetProxy = async (address: SocketAddress, io: HealthIo): Promise<string | undefined> => {
  const answer = await io.exchange(address, encodeGreeting(), GREETED_BYTES, LIMIT_MS)
  return isSocks5(answer) ? undefined : 'it does not speak SOCKS5'
}

const askAdmin = async (address: SocketAddress, io: HealthIo): Promise<string | undefined> => {
  const host = address.type === 'unix' ? 'localhost' : formatHostPort(address)
  const request = `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
  const bytes = new TextEncoder().encode(request)
  const answer = await io.exchange(address, bytes, STATUS_BYTES, LIMIT_MS)
  const line = new TextDecoder().decode(answer)
  const code = /^HTTP\/1\.\d (\d{3})$/.exec(line)?.[1]
  if (code === '200') return undefined
  return code === undefined ? 'it does not speak HTTP' : `/healthz answers ${code}`
}

/** Why an address is not healthy; undefined if it is. */
const failureOf = async (
  { how }: Check,
  address: SocketAddress,
  io: HealthIo,
): Promise<string | undefined> => {
  try {
    return await (how === 'admin' ? askAdmin(address, io) : greetProxy(address, io))
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ECONNREFUSED' || code === 'ENOENT') return `nothing listens there (${code})`
    if (code === 'EACCES' || code === 'EPERM') return `this user may not connect to it (${code})`
    return (error as Error).message
  }
}

/** `eyeballd healthcheck`: returns 0 if any address answers as a serving daemon does, else 1. */
export const healthcheck = async (args: Arguments, io: HealthIo): Promise<number> => {
  const check = await checkOf(args, io)
  const addresses = daemonAddresses(check)
  const failures = await Promise.all(addresses.map(address => failureOf(check, address, io)))
  const healthy = failures.indexOf(undefined)
  const shown = addresses.map(formatListenAddress)
  if (healthy >= 0) {
    io.stdout.write(`${shown[healthy] ?? ''} is healthy\n`)
    return EXIT_DONE
  }
  for (const [i, why] of failures.entries()) {
    io.stderr.write(`eyeballd: ${shown[i] ?? ''} is not healthy: ${why ?? ''}\n`)
  }
  return EXIT_FAILED
}
