/** Where the tab keeps the token: it goes with the tab, and no other site can read it. */
const KEY = 'eyeballd-token'

export type TokenKeeper = {
  readonly read: () => string | null
  readonly give: (token: string) => void
  /** Resolves at the next `give`, or when the signal is aborted. */
  readonly next: (signal: AbortSignal) => Promise<void>
}

export const createTokenKeeper = (): TokenKeeper => {
  const waiting = new Set<() => void>()
  // A browser that keeps nothing still has it until the page is closed.
  let token: string | null = null
  try {
    token = sessionStorage.getItem(KEY)
  } catch {
    // Storage is switched off.
  }
  return {
    read: () => token,
    give: given => {
      token = given
      try {
        sessionStorage.setItem(KEY, given)
      } catch {
        // Storage is switched off.
      }
      for (const resolve of waiting) resolve()
      waiting.clear()
    },
    next: signal =>
      new Promise(resolve => {
        waiting.add(resolve)
        signal.addEventListener('abort', () => resolve(), { once: true })
      }),
  }
}
