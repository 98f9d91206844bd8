import { fail } from '../../../core/fail.ts'
import type { HttpRefusal } from '../../../wire/http/refusal.ts'
import { answerFailure, refuseHttpFault } from '../../../wire/http/refusal.ts'
import { WRONG_LOGIN } from '../login-check.ts'

/** Why a login was refused, and the answer. */
export type LoginRefusal = Pick<HttpRefusal, 'answer' | 'status' | 'message'> & {
  readonly reason: HttpRefusal['reason'] | 'limit'
}

/**
 * Refuses a login of HTTP.
 *
 * @param unchecked why it was not checked; undefined if it is wrong
 * @param isLocal whether the client is on this host and may know more
 */
export const refuseHttpLogin = (unchecked: string | undefined, isLocal: boolean): LoginRefusal => {
  if (unchecked === undefined) {
    return refuseHttpFault(fail('ERR_HTTP_AUTH', WRONG_LOGIN, { status: 407 }))
  }
  const failure = { outcome: 'limit', code: 'ERR_LIMIT', message: unchecked } as const
  return { ...answerFailure(failure, isLocal), reason: 'limit', message: unchecked }
}
