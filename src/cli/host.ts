import type { Config } from '../config/types.ts'
import { dialerOptions } from '../daemon/generation.ts'
import type { Races } from '../dial/open-races.ts'
import { openRaces } from '../dial/open-races.ts'

/** What commands other than `serve` do on this host: they load it only when they need it. */
export { checkEngine } from '../daemon/create-transport.ts'
export { exchange } from '../net/node/exchange.ts'

/** Opens races with the options of a configuration. */
export const openRacesOf = (config: Config): Races => openRaces(dialerOptions(config))
