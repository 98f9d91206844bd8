/** A length in pixels that follows the font size of the browser, as `rem` does in the style sheet. */
export const remPx = (rem: number): number =>
  rem * Number.parseFloat(getComputedStyle(document.documentElement).fontSize)
