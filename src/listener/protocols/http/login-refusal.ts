import { fail } from '../../../core/fail.ts'
import type { UncheckedLogin } from '../../../core/login.ts'
import type { HttpRefusal } from '../../../wire/http/refusal.ts'
import { answerFailure, refuseHttpFault } from '../../../wire/http/refusal.ts'
import { WRONG_LOGIN } from '../login-check.ts'

/** Why a login was refused, and the answer. */
export type LoginRefusal = Pick<HttpRefusal, 'answer' | 'status' | 'message'> & {
  readonly reason: HttpRefusal['reason'] | UncheckedLogin['code']
}

/**
 * Refuses a login of HTTP.
 *
 * @param unchecked why it was not checked; undefined if it is wrong
 * @param isLocal whether the client is on this host and may know more
 */
export const refuseHttpLogin = (
  unchecked: UncheckedLogin | undefined,
  isLocal: boolean,
): LoginRefusal => {
  if (unchecked === undefined) {
    return refuseHttpFault(fail('ERR_HTTP_AUTH', WRONG_LOGIN, { status: 407 }))
  }
  const failure = { outcome: 'limit', code: 'ERR_LIMIT', message: unchecked.message } as const
  return { ...answerFailure(failure, isLocal), reason: unchecked.code, message: unchecked.message }
}
