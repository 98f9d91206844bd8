import type { Join } from './types.ts'

/** A `Join` that knows how many of its pipes are open. */
export type CountedJoin = { readonly join: Join; readonly open: () => number }

/** Counts the pipes of another one. */
export const createCountedJoin = (inner: Join): CountedJoin => {
  let open = 0
  return {
    join: (client, upstream, options, done) => {
      const end = inner(client, upstream, options, result => {
        open--
        done(result)
      })
      // What throws was no pipe; and none is over before it has begun.
      open++
      return end
    },
    open: () => open,
  }
}
