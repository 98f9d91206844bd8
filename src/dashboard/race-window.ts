import type { KeptRace } from './state.ts'
import type { RaceFilter } from './race-filter.ts'
import { createRaceFilter, isFilterEmpty } from './race-filter.ts'

/** The races that are drawn: one page of those that fit, so that the page stays small however many there are. */
export type RaceWindow = {
  /** Newest first. */
  readonly shown: readonly KeptRace[]
  /** Races that fit and are not newer than the list. */
  readonly matching: number
  /** Races that fit and are newer than the list, which waits because it is being read. */
  readonly waiting: number
  /** From 0; the last one if there are fewer than asked for. */
  readonly page: number
  readonly pages: number
}

export type WindowOptions = {
  readonly filter: RaceFilter
  /** The key of the newest race in the list; null: it follows the races as they come. */
  readonly heldAt: number | null
  readonly page: number
  readonly pageSize: number
}

/** @param races oldest first */
export const raceWindow = (
  races: readonly KeptRace[],
  { filter, heldAt, page, pageSize }: WindowOptions,
): RaceWindow => {
  const fits = createRaceFilter(filter)
  const found = isFilterEmpty(filter) ? races : races.filter(({ race }) => fits(race))
  const end = heldAt === null ? found.length : countUntil(found, heldAt)
  const pages = Math.max(1, Math.ceil(end / pageSize))
  const real = Math.min(page, pages - 1)
  const to = end - real * pageSize
  return {
    shown: found.slice(Math.max(0, to - pageSize), to).toReversed(),
    matching: end,
    waiting: found.length - end,
    page: real,
    pages,
  }
}

/** The number of races up to this key; they are sorted by it. */
const countUntil = (races: readonly KeptRace[], key: number): number => {
  const next = races.findLastIndex(each => each.key <= key)
  return next + 1
}
