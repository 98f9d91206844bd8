/** The colours of the plots, which are drawn on a canvas and so cannot use the style sheet's names. */
export type Colours = Readonly<Record<(typeof NAMES)[number], string>>

const NAMES = ['v6', 'v4', 'failed', 'hidden', 'muted', 'line', 'surface'] as const

/** Reads the colours in force from the style sheet: an element has each as its text's colour for a moment. */
export const readColours = (): Colours => {
  const probe = document.createElement('span')
  // With the colours that a user forces, each text has the same.
  probe.style.setProperty('forced-color-adjust', 'none')
  document.body.append(probe)
  const found = NAMES.map(name => {
    probe.style.color = `var(--${name})`
    return [name, getComputedStyle(probe).color] as const
  })
  probe.remove()
  return Object.fromEntries(found) as Colours
}
