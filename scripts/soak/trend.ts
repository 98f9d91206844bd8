/** One measurement: when, in seconds, and how much. */
export type Sample = { readonly at: number; readonly value: number }

/** More samples are thinned out evenly: each pair of them is looked at. */
const SAMPLES_MAX = 600

/** The value below which so much of a list lies, 0.5 for the median; NaN for an empty list. */
export const percentile = (list: readonly number[], part: number): number =>
  list.toSorted((a, b) => a - b)[Math.round((list.length - 1) * part)] ?? NaN

/**
 * How much the samples rise from the first to the last, by a regression over all of them: the median of the
 * slopes of all pairs (Theil and Sen), which a third of outliers does not move.
 */
export const riseOf = (samples: readonly Sample[]): number => {
  const step = Math.max(1, Math.ceil(samples.length / SAMPLES_MAX))
  const thinned = samples.filter((_, i) => i % step === 0)
  const slopes = thinned.flatMap((one, i) =>
    thinned
      .slice(i + 1)
      .filter(({ at }) => at > one.at)
      .map(({ at, value }) => (value - one.value) / (at - one.at)),
  )
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last || slopes.length === 0) return 0
  return percentile(slopes, 0.5) * (last.at - first.at)
}

/** The first and the last third of the samples, by time. */
export const outerThirds = <T extends { readonly at: number }>(
  samples: readonly T[],
): readonly [readonly T[], readonly T[]] => {
  const from = samples[0]?.at ?? 0
  const third = ((samples.at(-1)?.at ?? 0) - from) / 3
  return [
    samples.filter(({ at }) => at - from < third),
    samples.filter(({ at }) => at - from >= 2 * third),
  ]
}
