import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import type { ApiClient } from '../api-client.ts'
import type { DashboardState } from '../state.ts'
import type { Store } from '../store.ts'

/** What all parts of the page use. */
export type PageParts = {
  readonly store: Store
  readonly api: ApiClient
  readonly isPaused: boolean
}

export const PageContext = createContext<PageParts | null>(null)

export const usePage = (): PageParts => {
  const parts = useContext(PageContext)
  if (!parts) throw new Error('a part of the page is drawn outside of it')
  return parts
}

/**
 * A part of the state, as of the last frame; while the page is paused, as of the pause.
 *
 * @param select a function that is the same at each call
 */
export const useShown = <Value>(select: (state: DashboardState) => Value): Value => {
  const { store, isPaused } = usePage()
  return useSelected(store, select, isPaused)
}

/** A part of the state as of the last frame. */
export const useSelected = <Value>(
  store: Store,
  select: (state: DashboardState) => Value,
  isPaused = false,
): Value => {
  const [value, setValue] = useState(() => select(store.state()))
  useEffect(() => {
    if (isPaused) return undefined
    const read = (): void => setValue(() => select(store.state()))
    read()
    return store.subscribe(read)
  }, [store, select, isPaused])
  return value
}
