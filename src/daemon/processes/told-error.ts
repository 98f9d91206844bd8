import type { Failure } from '../../core/fail.ts'
import { codeOf, fail } from '../../core/fail.ts'
import type { ToldError } from './types.ts'

/** An error as it is told to another process. */
export const tellError = (error: unknown): ToldError => ({
  code: codeOf(error),
  message: error instanceof Error ? error.message : String(error),
})

/** The error that was told: its code and message are the same. */
export const toldFailure = ({ code, message }: ToldError): Failure =>
  // Codes of the system are among them, so the code is set beside `fail`.
  Object.assign(fail('ERR_BUG', message), { code })
