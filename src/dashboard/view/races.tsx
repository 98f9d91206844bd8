import type { JSX } from 'preact'
import { useMemo, useRef, useState } from 'preact/hooks'
import { formatNoun } from '../format.ts'
import { isFilterEmpty, NO_FILTER } from '../race-filter.ts'
import type { RaceFilter } from '../race-filter.ts'
import { raceWindow } from '../race-window.ts'
import type { DashboardState, KeptRace } from '../state.ts'
import { RACES_MAX } from '../state.ts'
import { whyEmpty } from '../why-empty.ts'
import { usePage, useShown } from './page-context.ts'
import { Pager } from './pager.tsx'
import { RaceFilters } from './race-filters.tsx'
import { RaceForm } from './race-form.tsx'
import { COLUMNS, RaceRow } from './race-row.tsx'

const PAGE_SIZE = 25

const racesOf = ({ races }: DashboardState): readonly KeptRace[] => races

/** Whether the keyboard is at this element: a race that moves on would take it along, and at last away. */
const isByKeyboard = (target: EventTarget | null): boolean =>
  target instanceof Element && target.matches(':focus-visible')

/**
 * The list of races. It follows them as they come; while one is open or the keyboard is in the list, or an older
 * page is shown, it stands still and counts the new ones.
 */
export const Races = (): JSX.Element => {
  const { store } = usePage()
  const title = useRef<HTMLHeadingElement>(null)
  const races = useShown(racesOf)
  const [filter, setFilter] = useState<RaceFilter>(NO_FILTER)
  const [heldAt, setHeldAt] = useState<number | null>(null)
  const [page, setPage] = useState(0)
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set())
  const list = useMemo(
    () => raceWindow(races, { filter, heldAt, page, pageSize: PAGE_SIZE }),
    [races, filter, heldAt, page],
  )

  const newest = (): number => races.at(-1)?.key ?? 0
  const follow = (): void => {
    setHeldAt(null)
    setPage(0)
    // The button that was pressed goes away.
    title.current?.focus()
  }
  const hold = (): void => setHeldAt(heldAt ?? newest())
  const toggle = (key: number): void => {
    const next = new Set(open)
    if (!next.delete(key)) next.add(key)
    setOpen(next)
    if (next.size === 0 && page === 0 && !isByKeyboard(document.activeElement)) setHeldAt(null)
    else hold()
  }
  const onFocusIn = ({ target }: FocusEvent): void => {
    if (isByKeyboard(target)) hold()
  }
  const onFocusOut = ({ currentTarget, relatedTarget }: FocusEvent): void => {
    const isInside = (currentTarget as Element).contains(relatedTarget as Element | null)
    if (!isInside && open.size === 0 && page === 0) setHeldAt(null)
  }
  const turnTo = (next: number): void => {
    setOpen(new Set())
    setPage(next)
    setHeldAt(next === 0 ? null : (heldAt ?? newest()))
  }
  const { received, skipped } = store.state()

  return (
    <section class="card" aria-labelledby="races-title">
      <div class="card-head">
        <h2 id="races-title" ref={title} tabIndex={-1}>
          Races
        </h2>
        <RaceForm />
      </div>
      <RaceFilters
        filter={filter}
        onFilter={next => {
          setFilter(next)
          setPage(0)
        }}
      />
      <div class="race-list" onFocusIn={onFocusIn} onFocusOut={onFocusOut}>
        {list.waiting > 0 && (
          <button type="button" class="newer" onClick={follow}>
            Show {formatNoun(list.waiting, 'new race')}
          </button>
        )}
        <table class="races">
          <caption class="hidden-text">Races, newest first</caption>
          <colgroup>
            {Array.from({ length: COLUMNS }, (_, i) => (
              <col key={i} />
            ))}
          </colgroup>
          <thead>
            <tr>
              <th scope="col" class="number time">
                Time
              </th>
              <th scope="col">Target</th>
              <th scope="col" class="client wide">
                Client
              </th>
              <th scope="col" class="wide">
                Winner
              </th>
              <th scope="col" class="wide">
                Lookups and attempts
              </th>
              <th scope="col" class="number">
                Took
              </th>
              <th scope="col">Outcome</th>
            </tr>
          </thead>
          <tbody>
            {list.shown.map(kept => (
              <RaceRow key={kept.key} kept={kept} isOpen={open.has(kept.key)} onToggle={toggle} />
            ))}
            {list.shown.length === 0 && (
              <tr>
                <td class="empty" colSpan={COLUMNS}>
                  {whyEmpty(store.state(), list.waiting, !isFilterEmpty(filter))}
                </td>
              </tr>
            )}
          </tbody>
        </table>
      </div>
      <Pager
        noun={isFilterEmpty(filter) ? 'races' : 'races that fit'}
        names={['Newer', 'Older']}
        matching={list.matching}
        page={list.page}
        pages={list.pages}
        pageSize={PAGE_SIZE}
        onPage={turnTo}
      />
      {skipped > 0 && (
        <p class="note">
          {formatNoun(skipped, 'race')} that the daemon does not keep any more came while this page
          was not connected, or faster than it could take them.
        </p>
      )}
      {received > RACES_MAX && (
        <p class="note">
          This page keeps the last {formatNoun(RACES_MAX, 'race')} that it has seen.
        </p>
      )}
    </section>
  )
}
