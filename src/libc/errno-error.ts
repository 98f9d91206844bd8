import { getSystemErrorName } from 'node:util'
import type { Failure } from '../core/fail.ts'
import { failWithCode } from '../core/fail.ts'

/** The destination of a call, or the address to listen on. */
type Where = { readonly address: string; readonly port: number }

type Facts = { readonly errno: number; readonly syscall: string } & Partial<Where>

/**
 * The error that Node would make of a failed system call: `code`, `errno` and `syscall`, the message
 * `connect ECONNREFUSED 127.0.0.1:80`, and `address` and `port` if given.
 *
 * @param errno what a call of `Libc` returned: a negative error number
 * @param syscall the name of the call: `read`, `connect`
 */
export const errnoError = (errno: number, syscall: string, where?: Where): Failure<Facts> => {
  const code = getSystemErrorName(errno)
  const at = where ? ` ${where.address}:${where.port}` : ''
  return failWithCode(code, `${syscall} ${code}${at}`, { errno, syscall, ...where })
}
