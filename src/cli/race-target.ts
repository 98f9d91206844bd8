import { parseHost } from '../config/names.ts'
import { fail } from '../core/fail.ts'
import type { HostPort } from '../core/host-port.ts'
import { parseHostPort, withoutBrackets } from '../core/host-port.ts'
import { parseIp } from '../core/ip.ts'

const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'ws:': 80,
  'wss:': 443,
  'ftp:': 21,
  'ssh:': 22,
}

/** The port of https, the most common target. */
const DEFAULT_PORT = 443

const EXPECTED = 'expected HOST, HOST:PORT, [IPV6]:PORT or a URL'

const refuse = (text: string, message: string): Error =>
  fail('ERR_INVALID_ADDRESS', `"${text}" ${message}`)

const fromUrl = (text: string): HostPort => {
  if (!URL.canParse(text)) throw refuse(text, `is not a URL; ${EXPECTED}`)
  const { protocol, hostname, port } = new URL(text)
  if (hostname === '') throw refuse(text, `is a URL without a host; ${EXPECTED}`)
  const number = port === '' ? DEFAULT_PORTS[protocol] : Number(port)
  if (number === undefined) {
    throw refuse(text, `is a URL without a port, and ${protocol} has none that is known`)
  }
  // Hosts in schemes other than the web's keep non-ASCII letters percent-encoded.
  return { host: decodeURIComponent(withoutBrackets(hostname)), port: number }
}

const fromWords = (text: string): HostPort => {
  const host = withoutBrackets(text)
  if (parseIp(host)?.family === 6 || !text.includes(':')) {
    if (text.includes('/')) throw refuse(text, `is not a host; did you mean https://${text}?`)
    if (text === '') throw refuse(text, `is empty; ${EXPECTED}`)
    return { host, port: DEFAULT_PORT }
  }
  return parseHostPort(text)
}

/**
 * Reads a race target: HOST (port 443), HOST:PORT, [IPV6]:PORT, or a URL, whose scheme may imply the port.
 *
 * @param what the argument's name, for the message
 * @throws ERR_CONFIG with what was found and what is allowed
 */
export const parseRaceTarget = (text: string, what = 'TARGET'): HostPort => {
  try {
    const { host, port } = text.includes('://') ? fromUrl(text) : fromWords(text)
    return { host: parseHost(host), port }
  } catch (error) {
    throw fail('ERR_CONFIG', `${what}: ${(error as Error).message}`, {}, error)
  }
}
