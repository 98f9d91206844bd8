import type { Row } from './summarise.ts'
import type { Contender } from './types.ts'

type Named = Pick<Contender, 'name' | 'kind'>

const medianOf = ({ cells }: Row, name: string): number | undefined => cells.get(name)?.median

/** How many times better `value` is than `other`: above 1 it is ahead. */
const timesBetter = (
  { measure }: Row,
  value: number | undefined,
  other: number | undefined,
): number | undefined => {
  if (measure.better === undefined || !value || !other) return undefined
  return measure.better === 'more' ? value / other : other / value
}

/** The best of the peers in a row; undefined where none has a value. */
export const bestPeer = (row: Row, contenders: readonly Named[]): string | undefined => {
  const peers = contenders.filter(
    ({ name, kind }) => kind === 'peer' && medianOf(row, name) !== undefined,
  )
  const isBetter = (a: string, b: string): boolean =>
    (timesBetter(row, medianOf(row, a), medianOf(row, b)) ?? 0) > 1
  return peers.reduce<string | undefined>(
    (best, { name }) => (best === undefined || isBetter(name, best) ? name : best),
    undefined,
  )
}

/** How many times better a contender is than the best peer. */
export const againstPeers = (
  row: Row,
  name: string,
  contenders: readonly Named[],
): number | undefined => {
  const best = bestPeer(row, contenders)
  return best === undefined ? undefined : timesBetter(row, medianOf(row, name), medianOf(row, best))
}

/** How much of what there is without a proxy a contender reaches: at most 1, but for noise. */
export const againstDirect = (row: Row, name: string, rows: readonly Row[]): number | undefined => {
  const { directName } = row.measure
  const other = rows.find(({ measure }) => measure.name === directName) ?? row
  return timesBetter(row, medianOf(row, name), medianOf(other, 'direct'))
}
