import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import type { Colours } from './colours.ts'
import { readColours } from './colours.ts'
import { remPx } from './rem-px.ts'
import { watchTheme } from './theme.ts'

/** The options of a plot but for its size. */
export type PlotOptions = (colours: Colours) => Omit<uPlot.Options, 'width' | 'height'>

type PlotProps = {
  readonly options: PlotOptions
  readonly data: uPlot.AlignedData
}

const HEIGHT_REM = 10.5

/** A plot by uPlot. The text of its figure says the same: to a screen reader it is nothing. */
export const Plot = ({ options, data }: PlotProps): JSX.Element => {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const [colours, setColours] = useState(readColours)
  useEffect(() => watchTheme(() => setColours(readColours())), [])

  useEffect(() => {
    const { current } = place
    if (!current) return undefined
    const size = (): { width: number; height: number } => ({
      width: Math.max(current.clientWidth, 100),
      height: remPx(HEIGHT_REM),
    })
    const made = new uPlot({ ...options(colours), ...size() }, data, current)
    plot.current = made
    const observer = new ResizeObserver(() => made.setSize(size()))
    observer.observe(current)
    return () => {
      observer.disconnect()
      made.destroy()
    }
    // New data is drawn below, without a new plot.
  }, [options, colours])

  useEffect(() => plot.current?.setData(data), [data])
  return <div class="plot" ref={place} aria-hidden="true" />
}
