import { hashPassword as hash } from '../auth/password-hash.ts'
import { EXIT_DONE } from './exit-status.ts'
import { readPassword } from './read-password.ts'
import type { RunCommand } from './types.ts'

/** `eyeballd hash-password`: prints the scrypt form of the password on standard input. */
export const hashPassword: RunCommand = async (_, { stdin, stdout, stderr }) => {
  stdout.write(`${await hash(await readPassword(stdin, stderr))}\n`)
  return EXIT_DONE
}
