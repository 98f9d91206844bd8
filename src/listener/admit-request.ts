import type { HostPort } from '../core/host-port.ts'
import { denialText } from '../eyeballs/race/failure.ts'
import type { Refusal } from './admit-user.ts'
import { admitUser } from './admit-user.ts'
import type { SessionState } from './session-state.ts'

/**
 * Checks a request right before its race: the access rules for its targets, before any lookup, and its user.
 *
 * @param state with user and target of the request
 * @param targets one or more
 * @returns the targets that the rules permit, at least one
 */
export const admitRequest = (
  state: SessionState,
  targets: readonly HostPort[],
): readonly HostPort[] | Refusal => {
  const { peer } = state.accepted
  const { access, fullNames } = state.parts
  const client = { ip: peer.ip, user: state.user, isLocal: peer.isLocal }
  let rule: number | undefined
  const permitted = targets.filter(each => {
    const denial = access.beforeLookup(client, each, fullNames)
    rule ??= denial?.rule
    return !denial
  })
  if (permitted.length > 0) return admitUser(state) ?? permitted
  const code = 'ERR_ACCESS_DENIED'
  const message = `${state.target}: ${denialText(code, rule)}`
  return { reason: 'access', failure: { outcome: 'denied', code, message } }
}
