import t from 'tap'
import type { Key, View } from '../../../src/cli/top/view.ts'
import { FIRST_VIEW, keysOf, press } from '../../../src/cli/top/view.ts'

const after = (view: View, ...keys: readonly Key[]): ReturnType<typeof press> =>
  keys.reduce<ReturnType<typeof press>>(
    (now, key) => (typeof now === 'string' ? now : press(now, key)),
    view,
  )

const typed = (text: string): readonly Key[] => Array.from(text, char => ({ char }))

t.test('what a terminal sends', async t => {
  t.strictSame(keysOf('q'), [{ char: 'q' }])
  t.strictSame(keysOf('\u001b[A\u001bOB\u001b[C\u001b[D'), ['up', 'down', 'right', 'left'])
  t.strictSame(keysOf('\u001b[5~\u001b[6~\u001b[H\u001b[1~'), [
    'page-up',
    'page-down',
    'home',
    'home',
  ])
  t.strictSame(keysOf('\r\u007f\u0003\u001a\u001b'), [
    'enter',
    'erase',
    'interrupt',
    'suspend',
    'escape',
  ])
  t.strictSame(
    keysOf('例\u0001ü'),
    [{ char: '例' }, { char: 'ü' }],
    'other control keys mean nothing',
  )
  t.strictSame(
    keysOf('\u001b[15~\u001b[<0;3;4M\u001bOPx'),
    [{ char: 'x' }],
    'nor do function keys and mice',
  )
})

t.test('keys', async t => {
  t.equal(after(FIRST_VIEW, { char: 'q' }), 'quit')
  t.equal(after(FIRST_VIEW, { char: 'Q' }), 'quit')
  t.equal(after(FIRST_VIEW, 'interrupt'), 'quit')
  t.equal(after(FIRST_VIEW, { char: 'f' }, 'suspend'), 'suspend')
  t.match(after(FIRST_VIEW, { char: 'p' }), { isPaused: true })
  t.match(after(FIRST_VIEW, { char: 'p' }, { char: 'p' }), { isPaused: false })
  t.match(after(FIRST_VIEW, 'down', 'down', 'up'), { offset: 1 })
  t.match(after(FIRST_VIEW, 'up'), { offset: 0 })
  t.match(after(FIRST_VIEW, 'page-down', 'home'), { offset: 0 })
  t.match(after(FIRST_VIEW, 'page-down', 'page-down', 'page-up'), { offset: 10 })
  t.match(after(FIRST_VIEW, 'down', 'right'), { pane: 'slowest', offset: 0 })
  t.match(after(FIRST_VIEW, 'left'), { pane: 'connections' })
  t.equal(after(FIRST_VIEW, 'enter'), FIRST_VIEW)
  t.equal(after(FIRST_VIEW, { char: 'z' }), FIRST_VIEW)
})

t.test('a filter is typed', async t => {
  const typing = after(FIRST_VIEW, 'down', { char: 'f' }, ...typed('qp.x'), 'erase')
  t.match(
    typing,
    { filter: 'qp.', isTyping: true, isPaused: false, offset: 0 },
    'letters are no commands',
  )
  t.match(after(typing as View, 'enter'), { filter: 'qp.', isTyping: false })
  t.match(after(typing as View, 'enter', 'escape'), { filter: '', isTyping: false })
  t.match(after(typing as View, 'escape'), { filter: '', isTyping: false })
  t.equal(after(typing as View, 'interrupt'), 'quit')
  t.match(after(typing as View, 'up'), { filter: 'qp.' })
  const long = after(FIRST_VIEW, { char: '/' }, ...typed('x'.repeat(500))) as View
  t.equal(long.filter.length, 100)
  t.match(after(long, 'erase', ...typed('例'), 'erase'), { filter: 'x'.repeat(99) })
})
