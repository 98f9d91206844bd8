import { formatNoun } from './format.ts'
import type { DashboardState } from './state.ts'

/**
 * Why the list of races is empty.
 *
 * @param waiting races that are newer than the list
 */
export const whyEmpty = (
  { link, status }: Pick<DashboardState, 'link' | 'status'>,
  waiting: number,
  isFiltered: boolean,
): string => {
  if (status === null || link === 'connecting') return 'Not known yet.'
  if (waiting > 0) return 'Newer races have taken the place of those that were here.'
  if (isFiltered) return 'No race fits the filter.'
  const { won, failed, aborted } = status.races
  const ended = won[4] + won[6] + failed + aborted
  return ended === 0
    ? 'No race yet. Send a connection through the proxy, or run a race above.'
    : `The daemon has kept none of ${formatNoun(ended, 'race')}: admin.raceHistory says how many it keeps.`
}
