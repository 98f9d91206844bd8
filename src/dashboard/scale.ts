/** The steps that a scale may have between two of its numbers, times a power of ten. */
const STEPS = [1, 2, 5, 10]

/** The smallest round step with which a scale of this length has at most so many steps. */
const roundStep = (length: number, stepsMax: number): number => {
  const least = length / stepsMax
  const power = 10 ** Math.floor(Math.log10(least))
  // 0.3 / 0.1 is a little less than 3.
  const found = STEPS.find(step => step * power >= least * (1 - 1e-9)) ?? 10
  return found * power
}

/**
 * The round numbers of a scale from 0 to `length`, 0 included; the last one may lie before its end.
 *
 * @param stepMin at least this lies between two of them
 */
export const ticksOf = (length: number, stepsMax: number, stepMin = 0): number[] => {
  if (!(length > 0)) return [0]
  const step = Math.max(roundStep(length, stepsMax), stepMin)
  const count = Math.floor(length / step + 1e-9)
  return Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(12)))
}

/** Where on a scale from 0 to `length` a value stands, in percent of it, to a hundredth. */
export const percentOf = (value: number, length: number): number => {
  if (!(length > 0 && value > 0)) return 0
  const percent = (Math.min(value, length) / length) * 100
  return Math.round(percent * 100) / 100
}
