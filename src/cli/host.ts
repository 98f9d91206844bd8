import type { Config } from '../config/types.ts'
import { NATIVE_OPTIONS, PLAIN_EGRESS } from '../core/egress.ts'
import { checkEgress, daemonEgress } from '../daemon/check-egress.ts'
import { dialerOptions } from '../daemon/generation.ts'
import type { Races } from '../dial/open-races.ts'
import { openNodeNetwork, openRaces } from '../dial/open-races.ts'
import type { DoctorHost } from '../doctor/types.ts'
import { openNativeNetwork } from '../net/native/open-native-network.ts'

/** What commands other than `serve` do on this host: they load it only when they need it. */
export { checkEngine } from '../daemon/create-transport.ts'
export { exchange } from '../net/node/exchange.ts'

/**
 * Opens races with the options of a configuration, and with the daemon's egress. They need the C library
 * only for the options that Node's sockets do not have.
 *
 * @param openNative opens the network by the C library; undefined if it cannot be loaded
 * @throws ERR_EGRESS if this host cannot do the egress
 */
export const openRacesOf = (config: Config, openNative = openNativeNetwork): Races => {
  const egress = daemonEgress(config)
  const isNative = NATIVE_OPTIONS.some(key => egress[key] !== PLAIN_EGRESS[key])
  return openRaces(dialerOptions(config), egress, host => {
    const opened = (isNative ? openNative(host) : undefined) ?? openNodeNetwork(host)
    try {
      checkEgress({ egress: config.egress, listeners: [], access: [] }, opened.egress.missing)
    } catch (error) {
      opened.close()
      throw error
    }
    return opened
  })
}

/** Opens this host for the checks of `doctor`, which few commands need. */
export const openDoctor = async (
  config: Config,
): Promise<{ readonly host: DoctorHost; readonly close: () => void }> => {
  const { openDoctorHost, raceConfig } = await import('../doctor/open-host.ts')
  const races = openRacesOf(raceConfig(config))
  return { host: openDoctorHost(races), close: races.close }
}
