import type { Failure } from '../../core/fail.ts'
import { codeOf, fail } from '../../core/fail.ts'
import type { ToldError } from './types.ts'

/** An error in the form that is sent to another process. */
export const tellError = (error: unknown): ToldError => ({
  code: codeOf(error),
  message: error instanceof Error ? error.message : String(error),
})

/** The error that another process sent, with the same code and message. */
export const toldFailure = ({ code, message }: ToldError): Failure =>
  // The code may be one of the system's, which `fail` does not accept.
  Object.assign(fail('ERR_BUG', message), { code })
