import type { Join } from './types.ts'

/** A `Join` and the number of its open pipes. */
export type CountedJoin = { readonly join: Join; readonly open: () => number }

/** Counts the open pipes of `inner`. */
export const createCountedJoin = (inner: Join): CountedJoin => {
  let open = 0
  return {
    join: (client, upstream, options, done) => {
      const end = inner(client, upstream, options, result => {
        open--
        done(result)
      })
      // A join that throws has opened no pipe, and no pipe ends before `inner` returns.
      open++
      return end
    },
    open: () => open,
  }
}
