import type { Clock } from '../core/clock.ts'

/** How long entries are read in one turn of the event loop: masking one takes up to a millisecond. */
export const TURN_MS = 10

const nextTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/**
 * Writes a list in JSON while its entries are read, in turns of the event loop.
 *
 * @param head what stands before the entries: `{"races":[`
 * @param entries read one by one; an undefined one is not written
 */
export const writeList = async function* (
  clock: Pick<Clock, 'now'>,
  head: string,
  entries: Iterable<unknown>,
): AsyncGenerator<string> {
  let text = head
  let separator = ''
  let begun = clock.now()
  for (const entry of entries) {
    if (entry !== undefined) {
      text += `${separator}${JSON.stringify(entry)}`
      separator = ','
    }
    if (clock.now() - begun < TURN_MS) continue
    yield text
    text = ''
    await nextTurn()
    begun = clock.now()
  }
  yield `${text}]}\n`
}
