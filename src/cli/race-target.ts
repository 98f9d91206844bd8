import { checkHost } from '../config/names.ts'
import { fail } from '../core/fail.ts'
import type { HostPort } from '../core/host-port.ts'
import { parseHostPort, withoutBrackets } from '../core/host-port.ts'

const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'ws:': 80,
  'wss:': 443,
  'ftp:': 21,
  'ssh:': 22,
}

const fromUrl = (text: string): HostPort => {
  if (!URL.canParse(text)) throw fail('ERR_INVALID_ADDRESS', `"${text}" is not a URL`)
  const { protocol, hostname, port } = new URL(text)
  const number = port === '' ? DEFAULT_PORTS[protocol] : Number(port)
  if (hostname === '' || number === undefined) {
    throw fail(
      'ERR_INVALID_ADDRESS',
      `"${text}" says no host and port; allowed: HOST:PORT or a URL`,
    )
  }
  return { host: withoutBrackets(hostname), port: number }
}

/**
 * Reads what to race to: HOST:PORT, [IPV6]:PORT, or a URL, whose scheme may say the port.
 *
 * @throws ERR_CONFIG with what was found and what is allowed
 */
export const parseRaceTarget = (text: string): HostPort => {
  try {
    const target = text.includes('://') ? fromUrl(text) : parseHostPort(text)
    checkHost(target.host)
    return target
  } catch (error) {
    throw fail('ERR_CONFIG', `TARGET: ${(error as Error).message}`, {}, error)
  }
}
