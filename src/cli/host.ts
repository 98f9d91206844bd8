import type { Config } from '../config/types.ts'
import { PLAIN_EGRESS } from '../core/egress.ts'
import { fail } from '../core/fail.ts'
import { daemonEgress } from '../daemon/check-egress.ts'
import { dialerOptions } from '../daemon/generation.ts'
import type { Races } from '../dial/open-races.ts'
import { openRaces } from '../dial/open-races.ts'

/** What commands other than `serve` do on this host: they load it only when they need it. */
export { checkEngine } from '../daemon/create-transport.ts'
export { exchange } from '../net/node/exchange.ts'

/** Another path would give other answers than the daemon's. */
const NOT_HERE = ['interface', 'mark'] as const

/**
 * Opens races with the options of a configuration. Of the options of sockets they have `noDelay` alone; the
 * others do not change a race.
 *
 * @throws ERR_EGRESS for an interface or a mark, which these races cannot have
 */
export const openRacesOf = (config: Config): Races => {
  const egress = daemonEgress(config)
  const key = NOT_HERE.find(each => egress[each] !== PLAIN_EGRESS[each])
  if (key === undefined) return openRaces(dialerOptions(config), egress)
  throw fail(
    'ERR_EGRESS',
    `egress.${key}: found ${egress[key]}, which only the daemon can do; leave it out for this command`,
    { key: `egress.${key}` },
  )
}
