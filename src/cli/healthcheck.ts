import { variableOf } from '../config/overrides.ts'
import { createByteReader } from '../core/byte-reader.ts'
import { fail } from '../core/fail.ts'
import type { ListenAddress } from '../core/listen-address.ts'
import { formatListenAddress, parseListenAddress } from '../core/listen-address.ts'
import { decodeMethodSelection } from '../socks/decode.ts'
import { encodeGreeting } from '../socks/encode.ts'
import { textOf } from './arguments.ts'
import { EXIT_DONE, EXIT_FAILED } from './exit-status.ts'
import type { Arguments, CliIo, RunCommand } from './types.ts'

const DEFAULT_PROXY = '127.0.0.1:1080'
const LIMIT_MS = 2000

/** The version and the chosen method, which may be "none of these" (RFC 1928 section 3). */
const ANSWER_BYTES = 2

/** Whether an answer is one that only a SOCKS5 server gives, whatever it says. */
const isSocks5 = (answer: Uint8Array): boolean => {
  const reader = createByteReader()
  reader.append(answer)
  try {
    return decodeMethodSelection(reader) !== undefined
  } catch {
    return false
  }
}

const proxyAddresses = (args: Arguments, env: CliIo['env']): readonly ListenAddress[] => {
  const flag = textOf(args, 'proxy')
  const where = flag === undefined ? variableOf('proxy') : '--proxy'
  const text = flag ?? (env[where] || DEFAULT_PROXY)
  try {
    const addresses = parseListenAddress(text)
    if (!addresses.some(address => address.type === 'tcp' && address.port === 0)) return addresses
  } catch (error) {
    throw fail('ERR_CONFIG', `${where}: ${(error as Error).message}`, {}, error)
  }
  throw fail('ERR_CONFIG', `${where}: found port 0; allowed: 1 to 65535`)
}

/** Why a listener is not healthy; undefined where it is. */
const illness = async (address: ListenAddress, io: CliIo): Promise<string | undefined> => {
  try {
    const answer = await io.exchange(address, encodeGreeting(), ANSWER_BYTES, LIMIT_MS)
    return isSocks5(answer) ? undefined : 'it does not speak SOCKS5'
  } catch (error) {
    return (error as Error).message
  }
}

/** `eyeballd healthcheck`: 0 where any address of the listener answers as SOCKS5 does, else 1. */
export const healthcheck: RunCommand = async (args, io) => {
  const addresses = proxyAddresses(args, io.env)
  const answers = await Promise.all(addresses.map(address => illness(address, io)))
  const well = answers.indexOf(undefined)
  const shown = addresses.map(formatListenAddress)
  if (well >= 0) {
    io.stdout.write(`${shown[well] ?? ''} is healthy\n`)
    return EXIT_DONE
  }
  for (const [i, why] of answers.entries()) {
    io.stderr.write(`eyeballd: ${shown[i] ?? ''} is not healthy: ${why ?? ''}\n`)
  }
  return EXIT_FAILED
}
