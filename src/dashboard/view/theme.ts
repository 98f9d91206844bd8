/** `auto` follows the system. */
export type Theme = 'auto' | 'light' | 'dark'

const KEY = 'eyeballd-theme'

/** The theme that this browser used last. */
export const readTheme = (): Theme => {
  try {
    const kept = localStorage.getItem(KEY)
    return kept === 'light' || kept === 'dark' ? kept : 'auto'
  } catch {
    return 'auto'
  }
}

export const applyTheme = (theme: Theme): void => {
  document.documentElement.dataset['theme'] = theme
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // The browser keeps nothing for this page, which then starts with `auto`.
  }
}

/** Calls `onChange` when the colours change. @returns ends it */
export const watchTheme = (onChange: () => void): (() => void) => {
  const system = matchMedia('(prefers-color-scheme: dark)')
  const observer = new MutationObserver(onChange)
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  system.addEventListener('change', onChange)
  return () => {
    observer.disconnect()
    system.removeEventListener('change', onChange)
  }
}
