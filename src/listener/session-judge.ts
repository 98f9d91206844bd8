import type { AccessClient } from '../access/types.ts'
import type { Denial, Judge } from '../core/judge.ts'
import type { ListenerParts } from './session-types.ts'

const LOOP: Denial = { code: 'ERR_LOOP' }

/** Creates the judge of one client's candidates: the daemon's own listeners, then the access rules. */
export const judgeFor =
  (
    { isOwnListener, access }: Pick<ListenerParts, 'isOwnListener' | 'access'>,
    client: AccessClient,
  ): Judge =>
  (candidate, readIp) => {
    const { address, embedded, port } = candidate
    // Loops are checked first, because no rule can allow them.
    if (isOwnListener(address, port, readIp)) return LOOP
    if (embedded !== undefined && isOwnListener(embedded, port, readIp)) return LOOP
    return access.judge(client, candidate, readIp)
  }
