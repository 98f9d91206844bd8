import { hashPassword as hash } from '../auth/password-hash.ts'
import { fail } from '../core/fail.ts'
import { EXIT_DONE } from './command.ts'
import type { Input, Output, RunCommand } from './types.ts'

/** RFC 1929 section 2. */
const PASSWORD_MAX_BYTES = 255

const CONTROL_C = 0x03
const CONTROL_D = 0x04
const BACKSPACE = 0x08
const NEWLINE = 0x0a
const RETURN = 0x0d
const CONTROL_U = 0x15
const DELETE = 0x7f

const tooLong = (): Error =>
  fail(
    'ERR_INVALID_ARG',
    `the password has more than ${PASSWORD_MAX_BYTES} bytes; allowed: 1 to ${PASSWORD_MAX_BYTES}`,
  )

const checked = (bytes: readonly number[]): Uint8Array => {
  if (bytes.length === 0)
    throw fail('ERR_INVALID_ARG', 'the password is empty; allowed: 1 to 255 bytes')
  if (bytes.length > PASSWORD_MAX_BYTES) throw tooLong()
  return Uint8Array.from(bytes)
}

/** Removes the last UTF-8 character: its continuation bytes and the first byte before them. */
const eraseLast = (bytes: number[]): void => {
  while (((bytes.pop() ?? 0) & 0xc0) === 0x80);
}

/** Handles one typed byte; true at the end of the line. */
const typed = (bytes: number[], byte: number): boolean => {
  if (byte === RETURN || byte === NEWLINE || byte === CONTROL_D) return true
  if (byte === CONTROL_C) throw fail('ERR_INVALID_ARG', 'interrupted')
  if (byte === BACKSPACE || byte === DELETE) eraseLast(bytes)
  else if (byte === CONTROL_U) bytes.length = 0
  else bytes.push(byte)
  return false
}

const fromTerminal = async (stdin: Input, stderr: Output): Promise<Uint8Array> => {
  const bytes: number[] = []
  stderr.write('Password: ')
  stdin.setRawMode?.(true)
  try {
    for await (const chunk of stdin) {
      if (Buffer.from(chunk).some(byte => typed(bytes, byte))) break
    }
  } finally {
    stdin.setRawMode?.(false)
    stderr.write('\n')
  }
  return checked(bytes)
}

const fromPipe = async (stdin: Input): Promise<Uint8Array> => {
  let text = Buffer.alloc(0)
  for await (const chunk of stdin) {
    text = Buffer.concat([text, Buffer.from(chunk)])
    // The limit includes the line break; reading stops as soon as the input is longer.
    if (text.length > PASSWORD_MAX_BYTES + 2) throw tooLong()
  }
  const end = text.at(-1) === NEWLINE ? (text.at(-2) === RETURN ? 2 : 1) : 0
  const line = text.subarray(0, text.length - end)
  if (line.includes(NEWLINE)) {
    throw fail('ERR_INVALID_ARG', 'found more than one line; allowed: one, the password')
  }
  return checked([...line])
}

/**
 * Reads a password: from a terminal without echo, else one line of a pipe or file, without its final
 * newline.
 *
 * @throws ERR_INVALID_ARG if it is empty, longer than 255 bytes, or more than one line
 */
export const readPassword = (stdin: Input, stderr: Output): Promise<Uint8Array> =>
  stdin.isTTY && stdin.setRawMode ? fromTerminal(stdin, stderr) : fromPipe(stdin)

/** `eyeballd hash-password`: prints the scrypt form of the password on standard input. */
export const hashPassword: RunCommand = async (_, { stdin, stdout, stderr }) => {
  stdout.write(`${await hash(await readPassword(stdin, stderr))}\n`)
  return EXIT_DONE
}
