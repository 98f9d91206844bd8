import { dirname, resolve } from 'node:path'
import { fileFailure } from '../config/read-file.ts'
import { BEARER_TOKEN, isBearerToken } from '../core/bearer-token.ts'
import { fail } from '../core/fail.ts'
import type { ListenAddress, SocketAddress } from '../core/listen-address.ts'
import {
  formatListenAddress,
  parseListenAddress,
  reachableAddress,
} from '../core/listen-address.ts'
import { textOf } from './command.ts'
import type { Arguments, CliIo } from './types.ts'

/** An address as it was written, and where: a flag, a variable, or a key of a file. */
export type Written = { readonly text: string; readonly where: string }

/** The address of a passed socket is known to the daemon alone. */
const socketOf = (address: ListenAddress): SocketAddress => {
  if (address.type !== 'systemd') return address
  throw fail(
    'ERR_CONFIG',
    `found ${formatListenAddress(address)}, whose address only systemd knows; allowed: host:port, [ipv6]:port or unix:/path, with --admin or --proxy`,
  )
}

/**
 * Where a client reaches a daemon that listens at an address; several for `localhost`.
 *
 * @throws ERR_CONFIG if it is no address, or has port 0
 */
export const daemonAddresses = ({ text, where }: Written): readonly SocketAddress[] => {
  try {
    const addresses = parseListenAddress(text, 'the address of a daemon')
    if (!addresses.some(address => address.type === 'tcp' && address.port === 0))
      return addresses.map(address => reachableAddress(socketOf(address)))
  } catch (error) {
    throw fail('ERR_CONFIG', `${where}: ${(error as Error).message}`, {}, error)
  }
  throw fail('ERR_CONFIG', `${where}: found port 0; allowed: 1 to 65535`)
}

type AddressIo = Pick<CliIo, 'env' | 'readFile'>

const OFF = 'off'

/** The section `admin` of a file, as far as it is text. */
const sectionOf = async (file: string, { readFile }: AddressIo) => {
  // Imported on demand: without a file, no YAML parser is needed.
  const { readAdmin } = await import('../config/document.ts')
  return readAdmin(file, readFile)
}

/** The configuration file that a command is given; undefined: none. */
const fileOf = (args: Arguments, { env }: AddressIo): string | undefined => {
  const file = textOf(args, 'config') ?? env.EYEBALLD_CONFIG?.trim() ?? ''
  return file === '' ? undefined : file
}

/**
 * The admin endpoint that a command is to ask: of --admin, else EYEBALLD_ADMIN, else `admin.listen` of the
 * configuration file.
 *
 * @returns undefined if none is named, or it is off
 */
export const adminWritten = async (
  args: Arguments,
  io: AddressIo,
): Promise<Written | undefined> => {
  const flag = textOf(args, 'admin')
  if (flag !== undefined) return { text: flag, where: '--admin' }
  const variable = io.env.EYEBALLD_ADMIN?.trim() ?? ''
  if (variable !== '')
    return variable === OFF ? undefined : { text: variable, where: 'EYEBALLD_ADMIN' }
  const file = fileOf(args, io)
  if (file === undefined) return undefined
  const text = (await sectionOf(file, io)).listen ?? OFF
  return text === OFF ? undefined : { text, where: `${file}: admin.listen` }
}

/** @throws ERR_CONFIG for a text that is no token, without showing it */
const checkedToken = (text: string, where: string): string => {
  if (isBearerToken(text)) return text
  throw fail('ERR_CONFIG', `${where}: found a text of another form; allowed: ${BEARER_TOKEN}`)
}

/**
 * The bearer token for the endpoint, never a flag, which other users of the host could read: of
 * EYEBALLD_ADMIN_TOKEN, else `admin.token` or `admin.tokenFile` of the configuration file. Null: none.
 *
 * @throws ERR_CONFIG if a file cannot be read, or holds no token
 */
export const adminToken = async (args: Arguments, io: AddressIo): Promise<string | null> => {
  const variable = io.env.EYEBALLD_ADMIN_TOKEN?.trim() ?? ''
  if (variable !== '') return checkedToken(variable, 'EYEBALLD_ADMIN_TOKEN')
  const file = fileOf(args, io)
  if (file === undefined) return null
  const { token, tokenFile } = await sectionOf(file, io)
  if (token !== undefined) return checkedToken(token, `${file}: admin.token`)
  return tokenFile === undefined ? null : readTokenFile(file, tokenFile, io)
}

/** The token in a file that a configuration names. */
const readTokenFile = (file: string, tokenFile: string, io: AddressIo): string => {
  let text: string
  try {
    // As the configuration has it: relative to its own folder, and without a final line break.
    const path = resolve(dirname(file), tokenFile)
    text = new TextDecoder().decode(io.readFile(path)).replace(/\r?\n$/, '')
  } catch (error) {
    const why = fileFailure(error)
    throw fail(
      'ERR_CONFIG',
      `${file}: admin.tokenFile: ${tokenFile} cannot be read: ${why}`,
      {},
      error,
    )
  }
  return checkedToken(text, `${file}: admin.tokenFile: ${tokenFile}`)
}

/**
 * The endpoint and its token, for a command that needs one.
 *
 * @throws ERR_CONFIG if none is named
 */
export const requireAdmin = async (
  args: Arguments,
  io: AddressIo,
): Promise<{ readonly addresses: readonly SocketAddress[]; readonly token: string | null }> => {
  const written = await adminWritten(args, io)
  if (!written) {
    const message =
      '--admin: is missing; expected the endpoint of a running daemon (its --admin), as host:port, [ipv6]:port, ' +
      'a port or unix:/path; EYEBALLD_ADMIN, or admin.listen of -c FILE'
    throw fail('ERR_CONFIG', message)
  }
  return { addresses: daemonAddresses(written), token: await adminToken(args, io) }
}
