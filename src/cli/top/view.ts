/** The lists of the screen, in their order from left to right. */
export const PANES = ['races', 'slowest', 'connections'] as const

export type Pane = (typeof PANES)[number]

/** What the user has chosen. */
export type View = {
  /** The list that the arrows move in, and that gets the most lines. */
  readonly pane: Pane
  /** Its first line that is shown. */
  readonly offset: number
  readonly isPaused: boolean
  /** What the lines must contain; empty: anything. */
  readonly filter: string
  /** The filter is being typed. */
  readonly isTyping: boolean
}

export const FIRST_VIEW: View = {
  pane: 'races',
  offset: 0,
  isPaused: false,
  filter: '',
  isTyping: false,
}

/** The keys that have a meaning, and other characters as they are. */
export type Key =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'page-up'
  | 'page-down'
  | 'home'
  | 'enter'
  | 'escape'
  | 'erase'
  | 'interrupt'
  | 'suspend'
  | { readonly char: string }

/** What terminals send for keys without a character (ECMA-48; the `xterm` and `vt` ways of Home). */
const SEQUENCES: readonly (readonly [string, Key])[] = [
  ['\u001b[A', 'up'],
  ['\u001b[B', 'down'],
  ['\u001b[C', 'right'],
  ['\u001b[D', 'left'],
  ['\u001bOA', 'up'],
  ['\u001bOB', 'down'],
  ['\u001bOC', 'right'],
  ['\u001bOD', 'left'],
  ['\u001b[5~', 'page-up'],
  ['\u001b[6~', 'page-down'],
  ['\u001b[H', 'home'],
  ['\u001b[1~', 'home'],
  ['\t', 'right'],
  ['\r', 'enter'],
  ['\n', 'enter'],
  ['\u007f', 'erase'],
  ['\b', 'erase'],
  ['\u0003', 'interrupt'],
  ['\u001a', 'suspend'],
]

// Any other sequence of a terminal: it must not count as the characters that it is made of.
// oxlint-disable-next-line no-control-regex
const OTHER_SEQUENCE = /^\u001b(?:\[[0-?]*[ -/]*[@-~]|O.)/

/** Splits what a terminal has sent into keys. */
export const keysOf = (input: string): readonly Key[] => {
  const keys: Key[] = []
  let rest = input
  while (rest !== '') {
    const known = SEQUENCES.find(([sequence]) => rest.startsWith(sequence))
    const other = OTHER_SEQUENCE.exec(rest)?.[0]
    if (known) {
      keys.push(known[1])
      rest = rest.slice(known[0].length)
    } else if (other !== undefined) rest = rest.slice(other.length)
    else {
      const [char = ''] = rest
      rest = rest.slice(char.length)
      if (char === '\u001b') keys.push('escape')
      else if (char >= ' ') keys.push({ char })
    }
  }
  return keys
}

/** Lines that Page Up and Page Down move. */
const PAGE = 10
const FILTER_MAX = 100

const type = (view: View, key: Key): View => {
  if (key === 'enter') return { ...view, isTyping: false }
  if (key === 'escape') return { ...view, isTyping: false, filter: '', offset: 0 }
  if (key === 'erase') {
    const filter = Array.from(view.filter).slice(0, -1).join('')
    return { ...view, filter, offset: 0 }
  }
  if (typeof key === 'string' || view.filter.length >= FILTER_MAX) return view
  return { ...view, filter: view.filter + key.char, offset: 0 }
}

/** What a key does; `quit` ends the program, `suspend` stops it until it is continued. */
export const press = (view: View, key: Key): View | 'quit' | 'suspend' => {
  if (key === 'interrupt') return 'quit'
  if (key === 'suspend') return 'suspend'
  if (view.isTyping) return type(view, key)
  const at = PANES.indexOf(view.pane)
  const scroll = (lines: number): View => ({ ...view, offset: Math.max(0, view.offset + lines) })
  const choose = (i: number): View => ({
    ...view,
    pane: PANES[(i + PANES.length) % PANES.length] ?? view.pane,
    offset: 0,
  })
  if (key === 'up') return scroll(-1)
  if (key === 'down') return scroll(1)
  if (key === 'page-up') return scroll(-PAGE)
  if (key === 'page-down') return scroll(PAGE)
  if (key === 'home') return scroll(-view.offset)
  if (key === 'left') return choose(at - 1)
  if (key === 'right') return choose(at + 1)
  if (key === 'escape') return { ...view, filter: '', offset: 0 }
  if (typeof key === 'string') return view
  const char = key.char.toLowerCase()
  if (char === 'q') return 'quit'
  if (char === 'p') return { ...view, isPaused: !view.isPaused }
  if (char === 'f' || char === '/') return { ...view, isTyping: true }
  return view
}
