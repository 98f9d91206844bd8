import { getSystemErrorName } from 'node:util'
import type { Failure } from '../core/fail.ts'
import { fail } from '../core/fail.ts'

/** Where a call went to, or where it was to listen. */
type Where = { readonly address: string; readonly port: number }

type Facts = { readonly errno: number; readonly syscall: string } & Partial<Where>

/**
 * The error that Node would make of a system call that failed: `code`, `errno` and `syscall`, the
 * message `connect ECONNREFUSED 127.0.0.1:80`, and `address` and `port` where they are given.
 *
 * @param errno what a call of `Libc` returned: a negative error number
 * @param syscall the name of the call: `read`, `connect`
 */
export const errnoError = (errno: number, syscall: string, where?: Where): Failure<Facts> => {
  const code = getSystemErrorName(errno)
  const at = where ? ` ${where.address}:${where.port}` : ''
  // The names of the system are not ours to list, so the code is set beside `fail`.
  return Object.assign(fail('ERR_BUG', `${syscall} ${code}${at}`, { errno, syscall, ...where }), {
    code,
  })
}
